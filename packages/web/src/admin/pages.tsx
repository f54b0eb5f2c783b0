// The operator's pages, as one part that is loaded when somebody goes there.

import { Route, Switch } from "wouter-preact";
import { PageHead } from "../parts/section.tsx";
import { Empty } from "../parts/states.tsx";
import { AuditPage } from "./audit.tsx";
import { CashPage } from "./cash.tsx";
import { EnforcementPage } from "./enforcement.tsx";
import { GrantsPage } from "./grants.tsx";
import { HealthPage } from "./health.tsx";
import { AdminKeysPage } from "./keys.tsx";
import { OverviewPage } from "./overview.tsx";
import { PaymentsPage } from "./payments.tsx";
import { PeoplePage } from "./people.tsx";
import { PersonPage } from "./person.tsx";
import { PricesPage } from "./prices/prices.tsx";
import { VersionPage } from "./prices/version.tsx";

export function OperatorPages() {
  return (
    <Switch>
      <Route path="/operator" component={OverviewPage} />
      <Route path="/operator/people" component={PeoplePage} />
      <Route path="/operator/people/:id">{({ id }) => <PersonPage id={decodeURIComponent(id)} />}</Route>
      <Route path="/operator/keys" component={AdminKeysPage} />
      <Route path="/operator/grants" component={GrantsPage} />
      <Route path="/operator/prices" component={PricesPage} />
      <Route path="/operator/prices/:version">{({ version }) => <VersionPage version={decodeURIComponent(version)} />}</Route>
      <Route path="/operator/enforcement" component={EnforcementPage} />
      <Route path="/operator/payments" component={PaymentsPage} />
      <Route path="/operator/cash" component={CashPage} />
      <Route path="/operator/audit" component={AuditPage} />
      <Route path="/operator/health" component={HealthPage} />
      <Route>
        <PageHead title="Nothing here" />
        <Empty title="There is no such page." />
      </Route>
    </Switch>
  );
}
