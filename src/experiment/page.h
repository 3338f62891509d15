// The page of an experiment: one HTML file with a table of all configurations and plots of quality, time by stage and memory. It needs
// nothing else, no network and no scripts but for sorting the table.
//
// Threads: no state.
#pragma once

#include <span>
#include <string>

#include "experiment/results.h"

namespace kvorum {

// `title` and all else are escaped. `when`: a date for people.
std::string ResultsPage(const std::string& title, const std::string& when,
                        std::span<const ConfigurationResult> results);

}  // namespace kvorum
