// Finding a person: by their id, which is what a token names them by.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { Field } from "../parts/field.tsx";
import { PageHead } from "../parts/section.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { personPath } from "./person-link.tsx";
import { TopUse } from "./top-use.tsx";

const DAYS = 30;

export function PeoplePage() {
  const [id, setId] = useState("");
  const [, go] = useLocation();
  return (
    <>
      <PageHead title="People" note="Somebody's wallet, usage and last transactions." />
      <form
        className="form more"
        onSubmit={(event) => {
          event.preventDefault();
          if (id !== "") go(personPath(id));
        }}
      >
        <div className="field-row">
          <Field
            label="User id"
            value={id}
            onChange={setId}
            type="search"
            required
            maxLength={64}
            hint="Exactly as the token has it: case and blanks count."
          />
        </div>
        <p>
          <button className="button" disabled={id === ""}>
            Open
          </button>
        </p>
      </form>
      <TopUse range={rangeOf(lastDays(DAYS))} />
    </>
  );
}
