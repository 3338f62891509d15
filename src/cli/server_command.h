// kvorum server: reads the configuration, starts the server, serves until it is told to end.
#pragma once

#include <span>
#include <string>

namespace kvorum {

// `args`: the words after "server". Returns the exit status.
int ServerMain(std::span<const std::string> args);

}  // namespace kvorum
