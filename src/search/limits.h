// What a search may cost: beyond these a request is an error, or takes only so much.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvorum {

inline constexpr size_t kMaxIndexFields = 1024;
inline constexpr size_t kMaxVectorDimensions = 32768;

inline constexpr size_t kMaxQueryBytes = 1 << 20;
inline constexpr size_t kMaxQueryDepth = 64;  // parentheses, negations, field modifiers within each other
inline constexpr size_t kMaxQueryNodes = 20000;
inline constexpr size_t kMaxQueryParameters = 1024;

// Terms that a prefix, a part, a pattern or a fuzzy word stands for.
inline constexpr size_t kMaxExpansions = 200;
// Letters that a prefix must have at least.
inline constexpr size_t kMinPrefixLetters = 2;

inline constexpr uint64_t kMaxSearchResults = 1000000;
inline constexpr uint64_t kMaxKnnResults = 1000000;

inline constexpr size_t kMaxExpressionBytes = 64 << 10;
inline constexpr size_t kMaxExpressionDepth = 64;
inline constexpr size_t kMaxPipelineSteps = 256;

inline constexpr int kMinDialect = 1;
inline constexpr int kMaxDialect = 4;
inline constexpr int kDefaultDialect = 1;

}  // namespace kvorum
