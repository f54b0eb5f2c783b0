// Which address shows which page. What most people come for is there at once; charts, the playground and the operator's pages are loaded
// when somebody goes there.

import { lazy, Suspense } from "preact/compat";
import { Link, Route, Switch, useLocation } from "wouter-preact";
import { PlaygroundPage } from "./account/playground/playground.tsx";
import { TopUpPage } from "./account/top-up/top-up.tsx";
import { TransactionsPage } from "./account/transactions.tsx";
import { WalletPage } from "./account/wallet.tsx";
import { PageHead } from "./parts/section.tsx";
import { Asked, Empty, Loading } from "./parts/states.tsx";
import { useSession } from "./session/session.ts";
import { Boundary } from "./shell/boundary.tsx";
import { Shell, useMe } from "./shell/shell.tsx";
import { Welcome } from "./shell/welcome.tsx";

const UsagePage = lazy(async () => (await import("./account/usage.tsx")).UsagePage);
const OperatorPages = lazy(async () => (await import("./admin/pages.tsx")).OperatorPages);

/** `fault` is why a sign-in that came back did not work. */
export function App({ fault }: { readonly fault: string | null }) {
  const session = useSession();
  const [here] = useLocation();
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
