// Which address shows which page. What most people come for is there at once; charts and the playground are fetched
// behind it, the operator's pages when somebody goes there.

import { lazy, Suspense } from "preact/compat";
import { useEffect } from "preact/hooks";
import { Link, Route, Switch, useLocation } from "wouter-preact";
import { TopUpPage } from "./account/top-up/top-up.tsx";
import { TransactionsPage } from "./account/transactions.tsx";
import { WalletPage } from "./account/wallet.tsx";
import { PageHead } from "./parts/section.tsx";
import { Asked, Empty, Loading } from "./parts/states.tsx";
import { useSession } from "./session/session.ts";
import { Boundary } from "./shell/boundary.tsx";
import { Shell, useMe } from "./shell/shell.tsx";
import { Welcome } from "./shell/welcome.tsx";

const usage = () => import("./account/usage.tsx");
const playground = () => import("./account/playground/playground.tsx");
const keys = () => import("./account/keys/keys.tsx");
const limits = () => import("./account/limits.tsx");
const data = () => import("./account/data.tsx");
const UsagePage = lazy(async () => (await usage()).UsagePage);
const LimitsPage = lazy(async () => (await limits()).LimitsPage);
const DataPage = lazy(async () => (await data()).DataPage);
const PlaygroundPage = lazy(async () => (await playground()).PlaygroundPage);
const KeysPage = lazy(async () => (await keys()).KeysPage);
const OperatorPages = lazy(async () => (await import("./admin/pages.tsx")).OperatorPages);

/** `fault` is why a sign-in that came back did not work. */
export function App({ fault }: { readonly fault: string | null }) {
  const session = useSession();
  const [here] = useLocation();
  useEffect(fetchAhead, []);
  if (session === "out") return <Welcome fault={fault} />;
  return (
    <Shell>
      <Boundary key={here}>
        <Suspense fallback={<Loading lines={6} />}>
          <Switch>
            <Route path="/" component={WalletPage} />
            <Route path="/usage" component={UsagePage} />
            <Route path="/transactions" component={TransactionsPage} />
            <Route path="/top-up" component={TopUpPage} />
            <Route path="/top-up/:id" component={TopUpPage} />
            <Route path="/keys" component={KeysPage} />
            <Route path="/limits" component={LimitsPage} />
            <Route path="/data" component={DataPage} />
            <Route path="/playground" component={PlaygroundPage} />
            <Route path="/playground/:id" component={PlaygroundPage} />
            <Route path="/operator/*?" component={OperatorDoor} />
            <Route component={Nowhere} />
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

/** What an account's pages are made of is fetched behind the first one, so that a network that goes away takes none of them. */
function fetchAhead(): void {
  for (const load of [usage, playground, keys, limits, data]) load().catch(() => {}); // asked for again when somebody goes there
}

/** The API refuses everybody else anyway; this only says so at once, and loads nothing. */
function OperatorDoor() {
  const me = useMe();
  return (
    <Asked of={me} lines={6}>
      {({ is_admin: isAdmin }) => (isAdmin ? <OperatorPages /> : <NotForYou />)}
    </Asked>
  );
}

function NotForYou() {
  return (
    <>
      <PageHead title="For operators" />
      <Empty title="These pages show everybody's account, so they are for operators only.">
        Your own is in your <Link href="/">wallet</Link>.
      </Empty>
    </>
  );
}

function Nowhere() {
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty title="There is no such page.">
        Go to your <Link href="/">wallet</Link>.
      </Empty>
    </>
  );
}
