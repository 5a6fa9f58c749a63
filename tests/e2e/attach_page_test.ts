// docs/attach.md is a promise: its example is run.
import { readPage, testPage } from "./page_examples.ts";

testPage(readPage("attach.md"));
