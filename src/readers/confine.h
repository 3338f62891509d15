// What a process that reads a document may still ask of the system, once a document has broken it: to read files and to have memory.
//
// Threads: for the calling one and those that it makes.
#pragma once

namespace kvorum {

// From here on and for good: no network, no other program, no other process, no change to any file. Refused calls fail with EPERM. False: this
// system has no such filter (seccomp), and nothing has changed.
bool ConfineReader();

}  // namespace kvorum
