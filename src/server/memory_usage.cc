#include "server/memory_usage.h"

#include <algorithm>

#include "base/allocator.h"
#include "server/server.h"
#include "shard/client_info.h"

namespace kvorum {
namespace {

// Below this, nothing that could be said means anything.
constexpr size_t kTooLittleBytes = 5 << 20;

double Ratio(size_t a, size_t b) { return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b); }

}  // namespace

double MemoryUsage::DatasetPercent() const {
  return 100 * Ratio(dataset, allocated > startup ? allocated - startup : 1);
}
double MemoryUsage::PeakPercent() const { return 100 * Ratio(allocated, peak); }
double MemoryUsage::FragmentationRatio() const { return Ratio(resident, allocated); }

MemoryUsage MeasureMemory(Server& server) {
  MemoryUsage usage;
  Metrics& metrics = server.metrics();
  usage.allocated = AllocatedBytes();
  metrics.peak_bytes = std::max(metrics.peak_bytes, usage.allocated);
  usage.peak = metrics.peak_bytes;
  usage.startup = metrics.startup_bytes;
  usage.resident = ResidentBytes();
  for (const auto& [id, session] : server.shard().sessions()) usage.clients += ClientMemoryBytes(*session, 0);
  usage.overhead = usage.startup + usage.clients;
  Keyspace& keyspace = server.shard().keyspace();
  for (int i = 0; i < keyspace.size(); ++i) {
    const Database& database = keyspace.database(i);
    if (database.size() == 0) continue;
    const size_t deadlines = database.deadlines().bytes();
    usage.databases.push_back({i, database.OverheadBytes() - deadlines, deadlines});
    usage.overhead += database.OverheadBytes();
    usage.key_count += database.size();
  }
  usage.dataset = usage.allocated > usage.overhead ? usage.allocated - usage.overhead : 0;
  return usage;
}

std::string MemoryReport(const MemoryUsage& usage) {
  if (usage.allocated < kTooLittleBytes) {
    return "There is too little data here to tell anything about its memory.\n";
  }
  std::string text;
  if (usage.peak > usage.allocated + usage.allocated / 2) {
    text +=
        " * High peak: memory was once 1.5 times as large as now. The system may not have got all of it back, so that "
        "used_memory_rss is larger than used_memory; it is reused when data grows again. MEMORY PURGE gives back what "
        "can "
        "be given back.\n";
  }
  if (usage.FragmentationRatio() > 1.4 && usage.resident > usage.allocated + (10 << 20)) {
    text +=
        " * Fragmentation: the process has 1.4 times the memory that its data takes. Values of changing sizes leave "
        "gaps "
        "behind; MEMORY PURGE gives back what can be given back, a restart the rest.\n";
  }
  if (usage.clients > usage.allocated / 4) {
    text +=
        " * Clients: more than a quarter of the memory is buffers of clients. CLIENT LIST (tot-mem) names them; "
        "maxmemory-clients and client-output-buffer-limit bound them.\n";
  }
  if (text.empty()) return "Nothing looks wrong with the memory.\n";
  return "What was noticed:\n\n" + text;
}

}  // namespace kvorum
