// What a process that reads a document may still ask of the system, once a document has broken it: to read files and to have memory.
//
// Threads: for the calling one and those that it makes.
#pragma once

namespace kvorum {

// From here on and for good only calls of a short list are answered: reading files, memory, the time, the end of this process. So no network, no
// other program, process or thread, no signal to another, no change to any file. The rest fails with ENOSYS (as on a kernel that has no such call, which
// libraries know how to live with), and opening a file for writing with EPERM. False: this system has no such filter (seccomp), or its processor
// is none that we know.
[[nodiscard]] bool ConfineReader();

}  // namespace kvorum
