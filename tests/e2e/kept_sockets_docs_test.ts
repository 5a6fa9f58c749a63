// docs/sockets.md is a promise: its examples are run.
import { readPage, testPage } from "./page_examples.ts";

testPage(readPage("sockets.md"));
