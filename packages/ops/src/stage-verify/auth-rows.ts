// Who is let in: nobody without a token, a user to what is theirs, an admin to the rest.

import * as v from "valibot";
import { read, statusLine } from "./answer.ts";
import type { Stage } from "./stage.ts";

/** The ids behind the two tokens; null where the stage did not say. */
export type People = { readonly user: string | null; readonly admin: string | null };

export async function authRows({ ask, evidence }: Stage): Promise<People> {
  const none = { id: "auth.none", what: "a request without a token is refused", expected: "401 unauthenticated" };
  await evidence.check(none, [], async () => {
    const answer = await ask("GET", "/api/v1/users/me/wallet");
    const { code } = read(answer, 401, Problem);
    return { ok: code === "unauthenticated", seen: statusLine(answer), answer };
  });
  const who = (as: "user" | "admin", isAdmin: boolean) => {
    const head = { id: `auth.${as}`, what: `the ${as}'s token is taken`, expected: `200, ${isAdmin ? "an admin" : "no admin"}` };
    return evidence.check(head, [], async () => {
      const answer = await ask("GET", "/api/v1/auth/me", { as });
      const me = read(answer, 200, Me);
      return {
        ok: me.is_admin === isAdmin,
        seen: `200, ${me.user_id} is ${me.is_admin ? "an admin" : "no admin"}`,
        value: me.user_id,
        answer,
      };
    });
  };
  const people = { user: await who("user", false), admin: await who("admin", true) };
  const forbidden = { id: "auth.forbidden", what: "a user is no admin", expected: "403 forbidden: Admin access required." };
  await evidence.check(forbidden, [], async () => {
    const answer = await ask("GET", "/api/v1/admin/settings", { as: "user" });
    const { code, detail } = read(answer, 403, Problem);
    return { ok: code === "forbidden" && detail === "Admin access required.", seen: statusLine(answer), answer };
  });
  return people;
}

const Problem = v.object({ code: v.string(), detail: v.string() });
const Me = v.object({ user_id: v.string(), is_admin: v.boolean() });
