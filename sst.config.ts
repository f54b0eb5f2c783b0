// oxlint-disable-next-line typescript/triple-slash-reference -- this is how the platform brings its globals and their types
/// <reference path="./.sst/platform/config.d.ts" />
// What a stage consists of on AWS. Owns the order in which its parts are made; each part is a file of infra/, and what differs between
// stages stands in infra/stages.ts.

export default $config({
  app(input) {
    const kept = input.stage === "production";
    return {
      name: "pantheon",
      version: "4.17.1",
      home: "aws",
      protect: kept,
      removal: kept ? "retain" : "remove",
      // The region is that of the credentials that deploy.
      providers: { aws: { version: "7.20.0" } },
    };
  },
  async run() {
    if ($dev) throw new Error("`sst dev` is not for this project: `npm start` runs all of it on this machine.");
    // Imported here, since only `run` has the platform's globals.
    const { stageOptions } = await import("./infra/stages.ts");
    const { deploySettings } = await import("./infra/settings.ts");
    const { createKey } = await import("./infra/key.ts");
    const { createSecrets } = await import("./infra/secret.ts");
    const { createFileBucket, createFileEvents, guardFileBucket, originOf } = await import("./infra/files.ts");
    const { createFunctions } = await import("./infra/functions.ts");
    const { createApi } = await import("./infra/api.ts");
    const { createSchedules } = await import("./infra/schedules.ts");
    const { createSite } = await import("./infra/site.ts");
    const { createDoor } = await import("./infra/door.ts");
    const { createAlarms } = await import("./infra/alarms.ts");

    const options = stageOptions($app.stage);
    const settings = deploySettings($app.stage, options, process.env);
    const key = createKey(options);
    const secrets = createSecrets(options, key);
    const bucket = createFileBucket(options);
    const functions = createFunctions({ options, settings, secrets, bucket, key });
    createFileEvents(bucket, functions["file-parse"]);
    const api = createApi(options, functions, key);
    createSchedules(functions);
    createAlarms({ grantedPerHour: options.grantedPerHour, api, functions, email: settings.alarmEmail, key });
    const site = createSite(options, settings.site);
    const addresses = createDoor(options, { api, functions, site, connect: [...settings.site.connect, originOf(bucket)] });
    guardFileBucket(bucket, [...settings.origins, addresses.url]);

    return { ...addresses, secret: secrets.base.name };
  },
});
