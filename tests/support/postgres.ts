// Databases for tests: each its own, copied from the migrated template of the run.

import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";

export type TestDatabase = {
  /** As its owner, who may do anything. */
  url: string;
  /** As the application: see tests/db/application-role.test.ts. */
  applicationUrl: string;
  /** Disconnects whoever is left, and removes it. */
  drop(): Promise<void>;
};

/** A migrated database of one's own, with the seeds in it and nothing else. */
export function freshDatabase(): Promise<TestDatabase> {
  return createDatabase(inject("postgres").template);
}

/** A database without a single table, for those who bring it to the head themselves. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase("template1");
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const { adminUrl, applicationUrl } = inject("postgres");
  await onServer(adminUrl, `create database ${name} template ${template}`);
  const at = (address: string) => new URL(`/${name}`, address).href;
  return {
    url: at(adminUrl),
    applicationUrl: at(applicationUrl),
    drop: () => onServer(adminUrl, `drop database if exists ${name} with (force)`),
  };
}

async function onServer(adminUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
