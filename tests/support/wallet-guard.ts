// Where a statement first names the wallet, and how: what keeps two statements from locking wallet and turn in different orders.

/**
 * `first`: the wallet is locked or upserted before any other row is written or locked. `unlocked`: it is first named by something
 * that takes no lock. `late`: another row is written or locked before it.
 */
export function walletGuard(statement: string): "first" | "unlocked" | "late" {
  const sql = statement.toLowerCase().replaceAll(/\s+/g, " ");
  const named = sql.indexOf("credit_wallets");
  if (WRITES.test(sql.slice(0, named).replace(/(?:insert into|update) $/, ""))) return "late";
  const part = partAround(sql, named);
  if (part.startsWith("insert into credit_wallets") || part.startsWith("update credit_wallets")) return "first";
  return part.startsWith("select ") && / for update(?: of \w+)?$/.test(part) ? "first" : "unlocked";
}

const WRITES = /\b(?:insert into|update|delete from|merge into|for (?:no key )?update|for (?:key )?share)\b/;

/** The innermost bracketed part that holds this place, or from the place's own beginning when there is none. */
function partAround(sql: string, place: number): string {
  const opened: number[] = [];
  for (let at = 0; at < place; at += 1) {
    if (sql[at] === "(") opened.push(at);
    else if (sql[at] === ")") opened.pop();
  }
  const begin = opened.at(-1);
  if (begin === undefined) return sql.slice(sql.slice(0, place).search(/(?:insert into|update) $/));
  let depth = 1;
  let end = begin + 1;
  for (; end < sql.length && depth > 0; end += 1) {
    if (sql[end] === "(") depth += 1;
    else if (sql[end] === ")") depth -= 1;
  }
  return sql.slice(begin + 1, end - 1).trim();
}
