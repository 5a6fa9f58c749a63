// The examples of docs/report.md, run as they stand.
import { readPage, testPage } from "./page_examples.ts";

testPage(readPage("report.md"));
