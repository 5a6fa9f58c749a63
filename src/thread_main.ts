// What a thread started from source begins with; inside imp's executable main.ts does the same.
import { threadMain } from "./child.ts";

await threadMain();
