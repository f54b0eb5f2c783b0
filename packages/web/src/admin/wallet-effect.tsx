// The balance of somebody's wallet before an act and after it, asked for when it is to be seen.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import { Refused } from "../api/client.ts";
import { Asked } from "../parts/states.tsx";
import { BalanceEffect } from "./balance-effect.tsx";

/** `change` is as in BalanceEffect. Somebody without a wallet begins at zero. */
export function WalletEffect({ user, change }: { readonly user: string; readonly change: string | null }) {
  const wallet = useQuery(ask("GET /admin/wallets/{user_id}", { path: { user_id: user } }));
  if (wallet.error instanceof Refused && wallet.error.status === 404) return <BalanceEffect before="0" change={change} />;
  return <Asked of={wallet}>{({ balance }) => <BalanceEffect before={balance} change={change} />}</Asked>;
}
