// What CONFIG SET does beyond storing a value. Each may be called with the values as they are, or as they were again.
#pragma once

#include <string>

namespace kvorum {

class Server;

bool ApplyBind(Server& server, std::string* error);
bool ApplyPort(Server& server, std::string* error);
bool ApplyMaxclients(Server& server, std::string* error);
bool ApplyRequirepass(Server& server, std::string* error);
bool ApplyLogLevel(Server& server, std::string* error);
bool ApplyOomScore(Server& server, std::string* error);
bool ApplyMaxmemory(Server& server, std::string* error);
bool ApplyDir(Server& server, std::string* error);
bool ApplyDurability(Server& server, std::string* error);
bool ApplyVectorThreads(Server& server, std::string* error);
bool ApplyNotifications(Server& server, std::string* error);

}  // namespace kvorum
