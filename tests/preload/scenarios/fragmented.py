#!/usr/bin/env python3
"""What the report says would go back without a call site's blocks, done: the same program frees these blocks, too, and the
allocator holds less by just that, to the byte. How full the slabs are is counted from what the program made."""
import lab

EACH, PLACE = 200, 224  # a block, and the size class that it takes with weir's mark
BULK, SPRINKLED, SELDOM = 59300, 600, 100


class Look:
    """One run, in which the blocks of some sites are freed."""

    def __init__(self, laboratory, programs, level, freed):
        outcome = laboratory.run("preload", [programs / f"fragmented.{level}", freed], {"WEIR_QUIET": "1"})
        lab.expect((outcome.status, outcome.stdout) == (0, b"done\n"), f"ended with {outcome.status}: {outcome.stderr!r}")
        self.report = outcome.profiles[0].report
        self.host = self.report["fragmentation"]["host"]
        scan = self.report["coverage"]["scan"]
        lab.expect(scan["result"] == "done", f"the look ended so: {scan}")
        lab.expect(self.host["size_classes_by"] == "scan", f"the size classes are by {self.host['size_classes_by']}")

    def site(self, function):
        found = [site for site in self.host["sites"] if lab.Profile.through(site, function)]
        lab.expect(len(found) == 1, f"{len(found)} sites of {function}() hold slabs")
        return found[0]

    def places(self):
        (found,) = [each for each in self.host["size_classes"] if each["size"] == PLACE]
        return found


def same(what, seen, wanted):
    lab.expect(seen == wanted, f"{what}: {seen}, not {wanted}")


def goes_back(before, function, after):
    """That without the blocks of this site so much was held less as was said."""
    said = before.site(function)["would_release_bytes"]
    same(f"held less without the blocks of {function}()", before.host["active_bytes"] - after.host["active_bytes"], said)
    return said


def full_of(look, live):
    """The slabs, where so many blocks live in them and each of them has one of sprinkled()."""
    site, places = look.site("sprinkled"), look.places()
    same("slabs of sprinkled()", site["slabs"], places["slabs"])
    same("their bytes", site["slab_bytes"], places["slabs"] * places["slab_bytes"])
    same("their live bytes", site["slab_live_bytes"], live * PLACE)
    same("live blocks of the class", places["live_blocks"], live)
    same("sprinkled()'s own bytes there", site["small_bytes"], SPRINKLED * EACH)


def body(laboratory, programs):
    for level in ("O0", "O2"):
        looks = {freed: Look(laboratory, programs, level, freed) for freed in ("", "a", "ab", "abc", "ad")}
        full_of(looks["a"], SPRINKLED + SELDOM)
        lab.expect(looks[""].places()["utilization"] > 0.99, f"before anything is freed: {looks[''].places()}")
        same("places, before and after", looks["a"].places()["capacity_blocks"], looks[""].places()["capacity_blocks"])
        same("slabs that seldom() has alone", looks["a"].site("seldom")["would_release_bytes"], 0)
        slab = looks["a"].places()["slab_bytes"]
        same("slabs with a block of seldom()", looks["a"].site("seldom")["slab_bytes"], SELDOM * slab)
        sprinkled = goes_back(looks["a"], "sprinkled", looks["ab"])
        same("slabs without any of seldom()'s", sprinkled, looks["a"].site("sprinkled")["slab_bytes"] - SELDOM * slab)
        # Now that sprinkled()'s are gone, seldom()'s hold alone what they held together.
        seldom = goes_back(looks["ab"], "seldom", looks["abc"])
        same("slabs of seldom() alone", seldom, SELDOM * slab)
        large = goes_back(looks["a"], "large", looks["ad"])
        lab.expect(large >= 1 << 20, f"the large block holds {large} bytes")
        print(f"{level}: went back as said: {sprinkled}, then {seldom}; {large} of the large block")


lab.scenario(body)
