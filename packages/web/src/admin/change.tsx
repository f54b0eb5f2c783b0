// What an act changed: each member that differs, before and after.

type Values = Readonly<Record<string, unknown>> | null;

export function Change({ before, after }: { readonly before: Values; readonly after: Values }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = names.filter((name) => wordOf(before?.[name]) !== wordOf(after?.[name]));
  if (changed.length === 0) return <span className="quiet">nothing</span>;
  return (
    <dl className="change">
      {changed.map((name) => [
        <dt key={name}>{name.replaceAll("_", " ")}</dt>,
        <dd key={`${name} values`}>
          {before !== null && name in before ? `${wordOf(before[name])} → ` : ""}
          <Value of={wordOf(after?.[name])} />
        </dd>,
      ])}
    </dl>
  );
}

const LONG = 80;

/** What is long is there for whoever wants it. */
function Value({ of: text }: { readonly of: string }) {
  if (text.length <= LONG) return <>{text}</>;
  return (
    <details>
      <summary>{text.slice(0, LONG / 2)} …</summary>
      {text}
    </details>
  );
}

function wordOf(value: unknown): string {
  if (value === undefined) return "gone";
  if (value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
