// A form being saved: what stands in the way, at which field, and that nothing typed is lost.
import { Fault } from '$lib/api/client';

export class Saving {
  busy = $state(false);
  fault = $state.raw<Fault | null>(null);

  /** Runs the save; true when it went through. A refusal keeps the form as it is. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.fault = null;
    try {
      await work();
      return true;
    } catch (cause) {
      this.fault =
        cause instanceof Fault ? cause : new Fault(0, 'Not saved.', 'Your text is kept. Try again.', '');
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** What is wrong with a field, under any of the names the server may use for it. */
  at(...names: string[]): string {
    const fields = this.fault?.fields ?? {};
    return names.map((name) => fields[name]).find(Boolean) ?? '';
  }
}
