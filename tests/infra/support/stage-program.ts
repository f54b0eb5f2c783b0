// The child process that runs one stage's program, bundled as the CLI bundles it, on Pulumi's mocks instead of AWS. It sends back every
// resource that the program registers, with what Pulumi is told to do with it. Told by its arguments: the bundle and the platform's folder.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Registered } from "./evaluate-stage.ts";

type Mocks = {
  newResource(args: { type: string; name: string; inputs: Inputs; custom?: boolean }): { id: string; state: Inputs };
  call(args: { token: string; inputs: Inputs }): Inputs;
};
type Inputs = Readonly<Record<string, unknown>>;
/** What is used of Pulumi's request to register a resource. */
type RegisterRequest = {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean;
  getRetainondelete(): boolean;
};
type MonitorPrototype = { registerResource: (this: unknown, request: RegisterRequest, callback: unknown) => Promise<void> };
type Pulumi = {
  runtime: {
    setMocks(mocks: Mocks, project: string, stack: string, preview: boolean): Promise<void>;
    runInPulumiStack(program: () => Promise<unknown>): Promise<Inputs | undefined>;
    disconnect(): Promise<void>;
  };
};

const REGION = "eu-test-1";
const ACCOUNT = "111122223333";

const [, , bundle = "", platform = "", stage = ""] = process.argv;
const platformRequire = createRequire(join(platform, "package.json"));
const pulumi = platformRequire("@pulumi/pulumi") as Pulumi;
const { MockMonitor } = platformRequire("@pulumi/pulumi/runtime/mocks") as { MockMonitor: { prototype: MonitorPrototype } };

const resources: Registered[] = [];
const inputsOf = new Map<string, Inputs>();

await pulumi.runtime.setMocks({ newResource, call }, "pantheon", stage, false);
recordOptions(MockMonitor.prototype);
await pulumi.runtime.runInPulumiStack(async () => {
  const { default: outputs } = (await import(pathToFileURL(bundle).href)) as { default: Inputs };
  return outputs;
});
await pulumi.runtime.disconnect();
process.send?.(resources, () => process.disconnect());

/** The mocks are not told of options, so they are read from the request itself. */
function recordOptions(prototype: MonitorPrototype): void {
  const register = prototype.registerResource;
  prototype.registerResource = async function registerResource(request, callback) {
    await register.call(this, request, callback);
    const type = request.getType();
    const name = request.getName();
    if (!request.getCustom()) return;
    resources.push({
      type,
      name,
      inputs: inputsOf.get(`${type} ${name}`) ?? {},
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
    });
  };
}

/** What AWS would answer with, as far as the program reads it. */
function newResource({ type, name, inputs }: Parameters<Mocks["newResource"]>[0]) {
  inputsOf.set(`${type} ${name}`, inputs);
  const own = typeof inputs["name"] === "string" ? inputs["name"] : name;
  const bucket = typeof inputs["bucket"] === "string" ? inputs["bucket"] : name;
  const made: Readonly<Record<string, Inputs>> = {
    "aws:apigatewayv2/api:Api": { apiEndpoint: "https://api.test", executionArn: arn("execute-api", name) },
    "aws:cloudwatch/logGroup:LogGroup": { arn: arn("logs", `log-group:${own}`) },
    "aws:iam/role:Role": { arn: arn("iam", `role/${name}`) },
    "aws:lambda/function:Function": { arn: arn("lambda", `function:${own}`) },
    "aws:lambda/functionUrl:FunctionUrl": { functionUrl: `https://${name}.test/` },
    "aws:secretsmanager/secret:Secret": { arn: arn("secretsmanager", `secret:${own}-AbCdEf`) },
    "aws:cloudfront/function:Function": { arn: `arn:aws:cloudfront::${ACCOUNT}:function/${name}` },
    "aws:cloudfront/distribution:Distribution": {
      arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${name}`,
      domainName: `${name.toLowerCase()}.cloudfront.test`,
    },
    "aws:kms/key:Key": { arn: arn("kms", `key/${name}`) },
    "aws:wafv2/webAcl:WebAcl": { arn: `arn:aws:wafv2:us-east-1:${ACCOUNT}:${name}` },
    "aws:sns/topic:Topic": { arn: arn("sns", own) },
    "aws:s3/bucket:Bucket": { arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName: `${bucket}.s3.${REGION}.test` },
    "random:index/randomBytes:RandomBytes": { base64: "cmFuZG9t" },
  };
  return { id: type === "aws:s3/bucket:Bucket" ? bucket : `id-of-${name}`, state: { ...inputs, ...made[type] } };
}

function call({ token, inputs }: Parameters<Mocks["call"]>[0]): Inputs {
  const answers: Readonly<Record<string, Inputs>> = {
    "aws:index/getPartition:getPartition": { partition: "aws" },
    "aws:index/getRegion:getRegion": { region: REGION },
    "aws:index/getCallerIdentity:getCallerIdentity": { accountId: ACCOUNT },
    "aws:iam/getPolicyDocument:getPolicyDocument": { ...inputs, json: JSON.stringify(inputs) },
  };
  const answer = answers[token];
  if (answer === undefined) throw new Error(`The program asks AWS for ${token}, which this stand-in does not know.`);
  return answer;
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
