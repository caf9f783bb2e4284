/** Keeps the end of a growing box in view, until somebody scrolls up, and again at its end. */

/** So near to the end, in pixels, is at the end. */
const AT_END = 48;

export class EndKeeper {
  /** More may be put into the box. */
  isGrowing: boolean;
  private readonly scroller: HTMLElement;
  private readonly onChange: () => void;
  private isWanted: boolean;
  private hasScrolled = false;
  private lastTop = 0;

  constructor(scroller: HTMLElement, isGrowing: boolean, onChange: () => void) {
    this.scroller = scroller;
    this.isGrowing = isGrowing;
    this.isWanted = isGrowing;
    this.onChange = onChange;
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    scroller.addEventListener("wheel", this.onWheel, { passive: true });
  }

  close(): void {
    this.scroller.removeEventListener("scroll", this.onScroll);
    this.scroller.removeEventListener("wheel", this.onWheel);
  }

  get isKept(): boolean {
    return this.isWanted;
  }

  keep(isWanted: boolean): void {
    this.isWanted = isWanted;
    this.show();
    this.onChange();
  }

  /** Scroll to the end, if it is to be kept in view. */
  show(): void {
    if (this.isWanted) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private readonly onWheel = (event: WheelEvent): void => {
    this.hasScrolled = true;
    if (event.deltaY < 0 && this.isWanted) this.keep(false);
  };

  private readonly onScroll = (): void => {
    // Reading the heights would lay the page out: only a growing log asks where it ends.
    if (!this.isGrowing) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    const isUp = scrollTop < this.lastTop - 2;
    this.lastTop = scrollTop;
    if (this.isWanted && isUp && !isAtEnd) {
      this.hasScrolled = true;
      this.keep(false);
    } else if (!this.isWanted && isAtEnd && !isUp && this.hasScrolled) this.keep(true);
  };
}
