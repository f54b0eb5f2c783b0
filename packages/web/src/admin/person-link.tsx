// A person's id, as a way to their page.

import { Link } from "wouter-preact";

export function personPath(id: string): string {
  return `/operator/people/${encodeURIComponent(id)}`;
}

export function PersonLink({ id }: { readonly id: string }) {
  return <Link href={personPath(id)}>{id}</Link>;
}
