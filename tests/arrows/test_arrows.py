# SPDX-License-Identifier: MIT
"""arrows.py must find what it is there to find: each case is a small tree with one violation."""
import os
import tempfile
import unittest

import arrows

LICENCE = "/* SPDX-License-Identifier: MIT */\n"
CLEAN = {
    "proto/protocol.h": LICENCE,
    "hw/device.h": LICENCE,
    "hw/gen3/regs.h": LICENCE,
    "hw/model/model.h": LICENCE + '#include "hw/device.h"\n',
    "gemd/session.h": LICENCE + '#include "proto/protocol.h"\n',
    "hw/pci/pci.h": LICENCE + '#include "hw/device.h"\n',
    "hw/trace/trace.h": LICENCE + '#include "hw/device.h"\n',
    "gemd/main.c": LICENCE + '#include "session.h"\n#include "hw/trace/trace.h"\n',
    "gemd/devices.c": LICENCE + '#include "hw/model/model.h"\n#include "hw/pci/pci.h"\n',
    "winsys/i915/winsys.c": LICENCE + '#include "i915/i915_winsys.h"\n',
}


class Arrows(unittest.TestCase):
    def complaints(self, **files):
        """What is said about the clean tree with some files added or replaced."""
        with tempfile.TemporaryDirectory() as tree:
            for path, text in {**CLEAN, **files.get("files", {})}.items():
                full = os.path.join(tree, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text)
            return arrows.check(tree)[0]

    def assert_one(self, path, text, words):
        found = self.complaints(files={path: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(path + ": "), found)
        self.assertIn(words, found[0])

    def test_clean_tree(self):
        self.assertEqual(self.complaints(), [])

    def test_proto_knows_nobody(self):
        self.assert_one("proto/a.c", LICENCE + '#include "hw/gen3/regs.h"\n', "may not use")

    def test_a_path_that_climbs_is_seen_through(self):
        self.assert_one("proto/a.c", LICENCE + '#  include "../hw/gen3/regs.h"\n', "hw/gen3/regs.h")

    def test_angle_brackets_do_not_hide_it(self):
        self.assert_one("hw/gen3/a.c", LICENCE + "#include <hw/device.h>\n", "may not use")

    def test_devices_are_named_in_one_place(self):
        self.assert_one("gemd/a.c", LICENCE + '#include "hw/model/model.h"\n', "may not use")
        self.assert_one("gemd/main.c", LICENCE + '#include "hw/pci/pci.h"\n', "may not use")

    def test_a_real_device_knows_no_model(self):
        self.assert_one("hw/pci/a.c", LICENCE + '#include "hw/model/model.h"\n', "may not use")
        self.assert_one("hw/trace/a.c", LICENCE + '#include "hw/gen3/regs.h"\n', "may not use")

    def test_the_model_knows_no_daemon(self):
        self.assert_one("hw/model/a.c", LICENCE + '#include "gemd/session.h"\n', "may not use")

    def test_the_validator_stands_alone(self):
        self.assert_one("gemd/validator/a.c", LICENCE + '#include "gemd/session.h"\n', "may not use")

    def test_the_winsys_sees_no_silicon(self):
        self.assert_one("winsys/i915/a.c", LICENCE + '#include "hw/gen3/regs.h"\n', "may not use")

    def test_tools_do_not_reach_into_the_daemon(self):
        self.assert_one("tools/a.c", LICENCE + '#include "gemd/session.h"\n', "may not use")

    def test_silicon_knows_no_sockets(self):
        self.assert_one("hw/model/a.c", LICENCE + "#include <sys/socket.h>\n", "must do without")

    def test_an_unknown_room(self):
        self.assert_one("attic/a.c", LICENCE, "no room")

    def test_a_missing_licence(self):
        self.assert_one("gemd/a.c", "int a;\n", "SPDX")

    def test_a_script_has_it_after_its_interpreter(self):
        self.assertEqual(self.complaints(files={"run": "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"}), [])
        self.assert_one("run", "#!/bin/sh\necho\n", "SPDX")

    def test_an_empty_tree_is_no_success(self):
        with tempfile.TemporaryDirectory() as tree:
            self.assertEqual(arrows.main(["arrows.py", tree]), 1)


if __name__ == "__main__":
    unittest.main()
