import { fileURLToPath } from "node:url";

/** The limits that the product ships to start from. */
export const limitsFolder = fileURLToPath(new URL("../../../examples/limits", import.meta.url));
