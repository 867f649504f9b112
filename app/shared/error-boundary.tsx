import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Empty } from './state.tsx';

interface ErrorBoundaryProps {
  children: ReactNode;
}

interface ErrorBoundaryState {
  readonly hasFailed: boolean;
}

/** Shows an error page instead of an empty one after a bug. React supports this only in class components. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { hasFailed: false };

  static getDerivedStateFromError(): ErrorBoundaryState {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main>
        <Empty page title="Something went wrong">
          <p>Part of the page failed or could not be loaded. Your unsent messages are kept.</p>
          <Button variant="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
        </Empty>
      </main>
    );
  }
}
