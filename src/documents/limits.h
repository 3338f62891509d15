// What of a document is read at most. A document that goes beyond is refused with a line that says so, or, where only a
// unit is too long, cut into several units: nothing is left out silently.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvorum {

// Of one unit; a longer text continues in the next one.
inline constexpr size_t kMaxUnitBytes = 256 << 10;
inline constexpr size_t kMaxTitleBytes = 512;
inline constexpr size_t kMaxHeadings = 16;
// Of a unit on the way between two processes: text, titles and lengths.
inline constexpr size_t kMaxFrameBytes = 1 << 20;

// Text that comes out of one document. Real ones are far below: a thousand pages are some 3 MB.
inline constexpr uint64_t kMaxDocumentTextBytes = uint64_t{4} << 30;
// Formats that are parsed as a tree, which takes many times their size in memory.
inline constexpr uint64_t kMaxTreeBytes = 64 << 20;
inline constexpr uint64_t kMaxPdfBytes = uint64_t{1} << 30;
inline constexpr uint32_t kMaxPages = 50000;
inline constexpr uint32_t kMaxSlides = 10000;
// Of a file inside a PPTX or DOCX, unpacked; and of all of them together: what a zip bomb would exceed.
inline constexpr uint64_t kMaxPartBytes = 64 << 20;
inline constexpr uint64_t kMaxArchiveBytes = 512 << 20;
// Deeper than any document made by people; bounds the recursion over trees.
inline constexpr int kMaxDepth = 256;
inline constexpr uint64_t kMaxDictionaryIndexBytes = 256 << 20;

// Of the process that reads one document.
inline constexpr uint64_t kReaderMemoryBytes = uint64_t{2} << 30;
inline constexpr uint64_t kReaderStackBytes = 64 << 20;
inline constexpr uint32_t kReaderCpuSeconds = 120;
// Without a new page for so long, reading is given up.
inline constexpr int kReaderSilenceMs = 180000;

}  // namespace kvorum
