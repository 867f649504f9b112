import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Empty } from './state.tsx';

interface ErrorBoundaryProps {
  children: ReactNode;
}

interface ErrorBoundaryState {
  readonly hasFailed: boolean;
}

/** Stands between a bug and an empty page. React offers this to class components only. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { hasFailed: false };

  static getDerivedStateFromError(): ErrorBoundaryState {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main>
        <Empty page title="OurChat has stumbled">
          <p>
            A part of it is broken or could not be loaded. What you have written and not sent yet is kept.
          </p>
          <Button variant="primary" onClick={() => window.location.reload()}>
            Load it again
          </Button>
        </Empty>
      </main>
    );
  }
}
