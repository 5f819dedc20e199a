import type { FormName } from "./forms.ts";
import type { ConsoleState, FormAnswer } from "./state.ts";

/** What the server shows and changes: an account in memory, or a real one. */
export interface ConsoleHost {
  /** What there is to see now, without forms. */
  state(): Promise<Omit<ConsoleState, "forms">>;
  /** Does what a form asks, or says why not; what it says is shown where the form stands. */
  submit(form: FormName, values: Readonly<Record<string, string>>): Promise<FormAnswer>;
}
