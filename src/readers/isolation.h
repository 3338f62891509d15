// A document is read by a process made for it, with limits on memory and processor time: when a library crashes on it or loops,
// that process ends and nothing else.
//
// Threads: one; the caller has no others (it forks).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace kvorum {

// Takes a whole frame (documents/frames.h), length included. False: nobody wants more.
using FrameSink = std::function<bool(std::string_view)>;

// Reads the document in a process of its own. The last frame is 'F' or 'E'. False: the sink gave up.
bool ReadIsolated(const std::string& path, const FrameSink& sink);

// Takes paths from standard input (u32 length, bytes), one after another, and writes their documents' frames to standard output, until
// the input ends.
int ServeDocuments();

}  // namespace kvorum
