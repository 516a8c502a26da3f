// Uses every form of new and delete; what a recording of it must say stands in its own log.
#include <new>
#include "told.h"

static void *made(void *block, size_t size, size_t align = 0) { return told("new", block, nullptr, size, align); }

static void *gone(void *block) { return told("delete", nullptr, block, 0, 0), block; }

int main() {
  const std::align_val_t align{64};
  ::operator delete(::operator new(FIRST_MARK));

  void *single = made(::operator new(100), 100);
  void *many = made(::operator new[](200), 200);
  void *quiet = made(::operator new(300, std::nothrow), 300);
  void *quiet_many = made(::operator new[](400, std::nothrow), 400);
  void *wide = made(::operator new(500, align), 500, 64);
  void *wide_many = made(::operator new[](600, align), 600, 64);
  void *wide_quiet = made(::operator new(700, align, std::nothrow), 700, 64);

  ::operator delete(gone(single));
  ::operator delete[](gone(many));
  ::operator delete(gone(quiet), std::nothrow);
  ::operator delete[](gone(quiet_many), std::nothrow);
  ::operator delete(gone(wide), align);
  ::operator delete[](gone(wide_many), 600, align);
  ::operator delete(gone(wide_quiet), align, std::nothrow);
  ::operator delete(gone(made(::operator new(800), 800)), (size_t)800);
  ::operator delete[](gone(made(::operator new[](900), 900)), (size_t)900);

  return tell();
}
