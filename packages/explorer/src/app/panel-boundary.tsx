import { Component, type ComponentChildren } from 'preact';

/** A view that fails says so in its panel; the page goes on. */
export class PanelBoundary extends Component<
  { title: string; children: ComponentChildren },
  { failure: string }
> {
  override state = { failure: '' };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failure: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    if (this.state.failure === '') return this.props.children;
    return (
      <div class="view-empty" role="alert">
        <p>
          {this.props.title} cannot be shown: {this.state.failure}
        </p>
        <p>
          <button type="button" class="button small" onClick={() => this.setState({ failure: '' })}>
            Try again
          </button>
        </p>
      </div>
    );
  }
}
