// What holds for the units of any document, however broken it is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "documents/unit.h"

namespace kvorum {

// Empty, or the promise that these units break: text that is there and within the limits, valid UTF-8, titles of one line, and all of it
// the same behind the way to another process.
std::string UnitBreach(const std::vector<Unit>& units);

// What fuzz targets do: gathers the units of a document that `read` hands out. The process ends, with the reason, where they break a promise, or there
// are neither any nor an error.
std::vector<Unit> CheckedUnits(const std::function<DocumentError(const UnitSink&)>& read);

}  // namespace kvorum
