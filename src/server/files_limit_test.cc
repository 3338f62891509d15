#include "server/files_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

namespace kvorum {
namespace {

class FilesLimit : public ::testing::Test {
 protected:
  FilesLimit() { EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0); }
  ~FilesLimit() override { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }
  static rlim_t Soft() {
    rlimit limit;
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
  }

  rlimit before_;
};

TEST_F(FilesLimit, IsRaisedForTheClientsAndNeverLowered) {
  const rlimit low{std::min<rlim_t>(100, before_.rlim_max), before_.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(RaiseFilesLimit(200), 200);
  EXPECT_EQ(Soft(), 200u + kReservedFiles);
  EXPECT_EQ(RaiseFilesLimit(10), 10);
  EXPECT_EQ(Soft(), 200u + kReservedFiles);
}

TEST_F(FilesLimit, GoesAsFarAsItCan) {
  constexpr int64_t kImpossible = int64_t{1} << 40;  // more than any kernel allows
  const int64_t possible = RaiseFilesLimit(kImpossible);
  EXPECT_GE(possible, 1);
  EXPECT_LT(possible, kImpossible);
  EXPECT_EQ(static_cast<rlim_t>(possible + kReservedFiles), Soft());
  EXPECT_EQ(Soft(), before_.rlim_max);
}

}  // namespace
}  // namespace kvorum
