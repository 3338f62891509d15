// Commands on geospatial indexes. The notation stands in spec.h.
#include "commands/spec_groups.h"

namespace kvorum {
namespace {

// clang-format off
constexpr CommandSpec kRows[] = {
    {"geoadd", "geo", "3.2.0", -5, "write denyoom", "geo",
     "RW update @1",
     "key@0 [condition(NX | XX)^6.2.0] [change='CH'^6.2.0] data{longitude:double latitude:double member}...",
     "O(log(N)) for each item, N the size of the sorted set",
     "Adds members with longitude and latitude to a geospatial index.", "6.2.0 CH, NX and XX"},
    {"geodist", "geo", "3.2.0", -4, "readonly", "geo",
     "RO access @1", "key@0 member1 member2 [unit(M | KM | FT | MI)]",
     "O(1)", "Tells the distance between two members of a geospatial index."},
    {"geohash", "geo", "3.2.0", -2, "readonly", "geo",
     "RO access @1", "key@0 [member...]",
     "O(1) for each member", "Gives members' positions as geohash strings."},
    {"geopos", "geo", "3.2.0", -2, "readonly", "geo",
     "RO access @1", "key@0 [member...]",
     "O(1) for each member", "Gives members' longitudes and latitudes."},
    {"georadius", "geo", "3.2.0", -6, "write denyoom movablekeys", "geo",
     "RO access @1; OW update @STORE:6; OW update @STOREDIST:6",
     "key@0 longitude:double latitude:double radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
     "[count-block{COUNT count:int [ANY^6.2.0]}] [order(ASC | DESC)] [store(STORE storekey@1/'key' | "
     "STOREDIST storedistkey@2/'key')]",
     "O(N+log(M)), N the members in the box around the circle and M those of the index",
     "Finds the members within a distance of a point, and may store them.",
     "6.2.0 ANY after COUNT; 7.0.0 units in upper case", "", "6.2.0 `GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS`"},
    {"georadius_ro", "geo", "3.2.10", -6, "readonly", "geo",
     "RO access @1",
     "key@0 longitude:double latitude:double radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
     "[count-block{COUNT count:int [ANY^6.2.0]}] [order(ASC | DESC)]",
     "O(N+log(M)), N the members in the box around the circle and M those of the index",
     "Finds the members within a distance of a point.", "6.2.0 ANY after COUNT", "",
     "6.2.0 `GEOSEARCH` with `BYRADIUS`"},
    {"georadiusbymember", "geo", "3.2.0", -5, "write denyoom movablekeys", "geo",
     "RO access @1; OW update @STORE:5; OW update @STOREDIST:5",
     "key@0 member radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
     "[count-block{COUNT count:int [ANY]}] [order(ASC | DESC)] [store(STORE storekey@1/'key' | "
     "STOREDIST storedistkey@2/'key')]",
     "O(N+log(M)), N the members in the box around the circle and M those of the index",
     "Finds the members within a distance of a member, and may store them.", "7.0.0 units in upper case", "",
     "6.2.0 `GEOSEARCH` and `GEOSEARCHSTORE` with `BYRADIUS` and `FROMMEMBER`"},
    {"georadiusbymember_ro", "geo", "3.2.10", -5, "readonly", "geo",
     "RO access @1",
     "key@0 member radius:double unit(M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
     "[count-block{COUNT count:int [ANY]}] [order(ASC | DESC)]",
     "O(N+log(M)), N the members in the box around the circle and M those of the index",
     "Finds the members within a distance of a member.", "", "", "6.2.0 `GEOSEARCH` with `BYRADIUS` and `FROMMEMBER`"},
    {"geosearch", "geo", "6.2.0", -7, "readonly", "geo",
     "RO access @1",
     "key@0 from(FROMMEMBER member | FROMLONLAT fromlonlat{longitude:double latitude:double}) by(circle{BYRADIUS "
     "radius:double unit(M | KM | FT | MI)} | box{BYBOX width:double height:double unit(M | KM | FT | "
     "MI)}) [order(ASC | DESC)] [count-block{COUNT count:int [ANY]}] [WITHCOORD] [WITHDIST] [WITHHASH]",
     "O(N+log(M)), N the members in the box around the shape and M those inside the shape",
     "Finds the members inside a circle or a box.", "7.0.0 units in upper case"},
    {"geosearchstore", "geo", "6.2.0", -8, "write denyoom", "geo",
     "OW update @1; RO access @2",
     "destination@0 source@1 from(FROMMEMBER member | FROMLONLAT fromlonlat{longitude:double latitude:double}) "
     "by(circle{BYRADIUS radius:double unit(M | KM | FT | MI)} | box{BYBOX width:double height:double unit(M | KM | "
     "FT | MI)}) [order(ASC | DESC)] [count-block{COUNT count:int [ANY]}] [STOREDIST]",
     "O(N+log(M)), N the members in the box around the shape and M those inside the shape",
     "Stores the members inside a circle or a box.", "7.0.0 units in upper case"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> GeoSpecs() { return kRows; }

}  // namespace kvorum
