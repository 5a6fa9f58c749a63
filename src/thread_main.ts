// Entry point of a thread started from source; inside imp's executable main.ts takes its place.
import { threadMain } from "./child.ts";

await threadMain();
