import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { ClusterView } from '../cluster-view.js';
import { say } from '../terminal.js';
import { ProgressLines } from './progress-lines.js';
import { renderScreen } from './screen.js';

/** Shows a run while it goes on; always on stderr, so that stdout holds only the result. */
export interface Progress {
  show(view: ClusterView): void;
  /** Something is wrong with looking (server or worker away); `undefined` when it works again. */
  notice(text: string | undefined): void;
  /** Leaves what is shown as it is. */
  end(): void;
}

/** A live view on a terminal, else plain lines. */
export function openProgress(isTerminal: boolean): Progress {
  return isTerminal ? new LiveProgress() : new PlainProgress();
}

class PlainProgress implements Progress {
  private readonly lines = new ProgressLines();
  private lastNotice: string | undefined;

  show(view: ClusterView): void {
    for (const line of this.lines.next(view)) say(`${clock()}  ${line}`);
  }

  notice(text: string | undefined): void {
    if (text !== undefined && text !== this.lastNotice) say(`${clock()}  ${text}`);
    this.lastNotice = text;
  }

  end(): void {
    // Every line is out already.
  }
}

class LiveProgress implements Progress {
  private readonly log = createLogUpdate(process.stderr, { showCursor: true });
  private readonly redraw = setInterval(() => this.draw(), 1000).unref();
  private view: ClusterView | undefined;
  private noticed: string | undefined;
  private sample: { at: number; bytes: number } | undefined;
  private rate: number | undefined;

  show(view: ClusterView): void {
    this.view = view;
    this.measure(view);
    this.draw();
  }

  notice(text: string | undefined): void {
    this.noticed = text;
    if (this.view) this.draw();
    else if (text) this.log(pc.yellow(text));
  }

  end(): void {
    clearInterval(this.redraw);
    this.draw();
    this.log.done();
  }

  private draw(): void {
    if (!this.view) return;
    const { columns, rows } = process.stderr;
    this.log(
      renderScreen(this.view, {
        now: Date.now(),
        columns: columns || 100,
        rows: rows || 50,
        uploadRate: this.rate,
        notice: this.noticed,
      }),
    );
  }

  /** Rate between the two latest looks at which bytes had moved. */
  private measure({ upload }: ClusterView): void {
    if (!upload) {
      this.sample = undefined;
      this.rate = undefined;
      return;
    }
    const now = { at: Date.now(), bytes: upload.bytesDone };
    const moved = now.bytes - (this.sample?.bytes ?? 0);
    if (this.sample && moved === 0) return;
    if (this.sample && moved > 0) this.rate = (moved / (now.at - this.sample.at)) * 1000;
    this.sample = now;
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
