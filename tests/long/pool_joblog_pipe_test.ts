import { tryMoments } from "./joblog_moments.ts";

tryMoments("pipe with a slow reader");
