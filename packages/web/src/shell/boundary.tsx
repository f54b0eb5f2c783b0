// A page that throws says that it did; the frame around it stays.

import { Component, type ComponentChildren } from "preact";

export class Boundary extends Component<{ readonly children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  static override getDerivedStateFromError() {
    return { broken: true };
  }

  override render({ children }: { readonly children: ComponentChildren }) {
    if (!this.state.broken) return children;
    return (
      <div className="fault" role="alert">
        <p className="fault-says">This page broke. Whatever was done before is done: the API keeps it, not this page.</p>
        <button type="button" className="link" onClick={() => location.reload()}>
          Load it again
        </button>
      </div>
    );
  }
}
