// kvorum experiment: compares settings of ingest and ask on documents and questions (experiment/plan.h).
#pragma once

namespace kvorum {

// Without the program's name. Returns the exit status.
int ExperimentMain(int argc, char** argv);

}  // namespace kvorum
