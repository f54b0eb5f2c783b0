// The switch: whether a wallet without credits is refused. With what it would have refused, and a word to type before it is thrown.

import { useQuery } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { ask, useAct } from "../api/ask.ts";
import type { Settings } from "../api/shapes.ts";
import { Credits } from "../money/amount.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Fault } from "../parts/states.tsx";
import { Effect, Figures } from "./would-refuse.tsx";

const CHANGED = [["GET /admin/settings"], ["GET /admin/actions"]];

type Act = "on" | "off" | "default";

export function EnforcementPage() {
  const [act, setAct] = useState<Act | null>(null);
  const settings = useQuery(ask("GET /admin/settings", {}));
  return (
    <>
      <PageHead title="Enforcement" note="Whether a turn is refused when its wallet has no credits left." />
      <Asked of={settings}>{(data) => <Switch settings={data} onAct={setAct} />}</Asked>
      <Effect />
      {act !== null && <SwitchDialog act={act} onClose={() => setAct(null)} />}
    </>
  );
}

function Switch({ settings, onAct }: { readonly settings: Settings; readonly onAct: (act: Act) => void }) {
  const { enforcement_enabled: isOn, enforcement_source: source, low_balance_threshold: low } = settings;
  return (
    <Section title="The switch" note={source === "config" ? "as this stage was deployed" : "overridden by an operator"}>
      <p className="verdict">{isOn ? "On: an empty wallet is refused." : "Off: nobody is refused, and balances may go below zero."}</p>
      <p className="quiet">
        Below <Credits value={low} /> credits a wallet is said to run low.
      </p>
      <p className="buttons more">
        <button type="button" className="button" aria-haspopup="dialog" onClick={() => onAct(isOn ? "off" : "on")}>
          {isOn ? "Switch it off" : "Switch it on"}
        </button>
        {source === "override" && (
          <button type="button" className="button button-quiet" aria-haspopup="dialog" onClick={() => onAct("default")}>
            Back to the stage's default
          </button>
        )}
      </p>
    </Section>
  );
}

const SAY: Readonly<Record<Act, { title: string; effect: string }>> = {
  on: {
    title: "Switch enforcement on",
    effect: "From now on a turn is refused when its wallet has nothing left, in every function at once.",
  },
  off: { title: "Switch enforcement off", effect: "From now on nobody is refused, and a balance may go below zero." },
  default: { title: "Back to the stage's default", effect: "The override goes; what this stage was deployed with holds again." },
};

/** The word stands for the act, so that nobody throws the switch by a click alone. */
function SwitchDialog({ act, onClose }: { readonly act: Act; readonly onClose: () => void }) {
  const [word, setWord] = useState("");
  const patch = useAct("PATCH /admin/settings/enforcement", { refreshes: CHANGED, onDone: onClose });
  const remove = useAct("DELETE /admin/settings/enforcement", { refreshes: CHANGED, onDone: onClose });
  const { title, effect } = SAY[act];
  const error = patch.error ?? remove.error;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (word.trim() !== act) return;
          if (act === "default") remove.mutate({ given: {} });
          else patch.mutate({ given: { body: { enabled: act === "on" } } });
        }}
      >
        <p>{effect}</p>
        {act === "on" && <Figures />}
        <Field label={`Type "${act}" to confirm`} value={word} onChange={setWord} required maxLength={12} />
        {error !== null && <Fault error={error} />}
        <p>
          <button className="button" disabled={word.trim() !== act || patch.isPending || remove.isPending}>
            {title}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
