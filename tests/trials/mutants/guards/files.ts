// Guards around files: a user's room, one end of each reading, and what a document may take.

import type { Mutant } from "../mutant.ts";

const FILES = "packages/core/src/files";

export const FILE_GUARDS: readonly Mutant[] = [
  {
    name: "file-room",
    guard: "Uploads at once pass the quota: a user fills the storage.",
    patches: [
      {
        file: `${FILES}/statements/file.ts`,
        find: "        and used.bytes + excluded.bytes <= ${slot.mostBytes}::bigint\n",
        replace: "        and excluded.bytes <= ${slot.mostBytes}::bigint\n",
      },
    ],
    test: { file: "tests/files/files.test.ts", name: "is never exceeded, however many come at once" },
  },
  {
    name: "file-reader",
    guard: "Deliveries side by side read one file together, and take each other for attempts that died.",
    patches: [
      {
        file: `${FILES}/statements/parse.ts`,
        find: "   and (parse_until is null or parse_until < clock_timestamp())\n",
        replace: "",
      },
    ],
    test: { file: "tests/files/deliveries.test.ts", name: "whose reader dies twice says the third time that the file cannot be read" },
  },
  {
    name: "file-size",
    guard: "Other bytes than were announced are read: the quota counts what was said, and not what came.",
    patches: [{ file: `${FILES}/parse.ts`, find: "bytes.byteLength !== Number(file.size_bytes)", replace: "bytes.byteLength < 0" }],
    test: { file: "tests/files/deliveries.test.ts", name: "of more or other bytes than were announced says so, and reads none of them" },
  },
  {
    name: "file-session",
    guard: "A model reads files of other sessions by their ids.",
    patches: [
      {
        file: `${FILES}/reading.ts`,
        find: "     where file.id = ${file}::uuid\n       and file.session_id = ${session}::uuid\n",
        replace: "     where file.id = ${file}::uuid\n       and ${session}::uuid is not null\n",
      },
    ],
    test: { file: "tests/files/deliveries.test.ts", name: "are no files of another session, of somebody else, or of an id that is none" },
  },
];
