// ReaderProcess: the program kvorum-documents, which reads documents on our behalf: the libraries that parse PDF and the rest are
// linked to it and not to us, and a document that breaks one of them ends a process that was made for it alone.
//
// Threads: one, but for Cancel. Ownership: the process ends with the object.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>

#include "documents/unit.h"

namespace kvorum {

class ReaderProcess {
 public:
  // `program`: its path; empty: kvorum-documents in the folder of the program that runs.
  explicit ReaderProcess(std::string program = {});
  ~ReaderProcess();
  ReaderProcess(const ReaderProcess&) = delete;
  ReaderProcess& operator=(const ReaderProcess&) = delete;

  // Hands out the units of a document; at most one at a time is in memory. When the sink wants no more, the rest is skipped, without
  // an error. An error after units: they are good, and the rest could not be read.
  DocumentError Read(const std::string& path, const UnitSink& sink);
  // Ends what is being read, and refuses the rest. From any thread.
  void Cancel();
  // The last error is of the program itself (it is missing, say), so no other document can be read either.
  bool is_unusable() const { return is_unusable_; }

 private:
  DocumentError Start();
  void Stop();
  DocumentError Lost(const std::string& why);

  std::string program_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::mutex mutex_;  // of is_canceled_, and of opening and closing the socket
  bool is_canceled_ = false;
  bool is_unusable_ = false;
};

}  // namespace kvorum
