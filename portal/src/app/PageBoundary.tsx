import { Component, type ReactNode } from "react";
import { ErrorBox } from "../components/ErrorBox/ErrorBox.tsx";

interface Props {
  /** Another address is another try. */
  location: string;
  children: ReactNode;
}

/** Where a page fails to be drawn: the rest of the portal stays, and says what happened. */
export class PageBoundary extends Component<Props, { fault: Error | undefined }> {
  override state: { fault: Error | undefined } = { fault: undefined };

  static getDerivedStateFromError(fault: Error): { fault: Error } {
    return { fault };
  }

  override componentDidUpdate(before: Props): void {
    if (before.location !== this.props.location && this.state.fault) {
      this.setState({ fault: undefined });
    }
  }

  override render(): ReactNode {
    const { fault } = this.state;
    if (fault === undefined) return this.props.children;
    const told = new Error(`this page has a fault: ${fault.message}`);
    return <ErrorBox error={told} onRetry={() => window.location.reload()} />;
  }
}
