"""
How each LMS names files: patterns of the names that it gives to what was handed in.

Each LMS writes into the name of a file, or of the folder around it, who handed it in. `autograder.submissions.names`
reads a whole download by them.

Sources, each read in 2026:

- Moodle up to 4.0, `mod/assign/locallib.php`: ``NAME_NUMBER_assignsubmission_file_``. From 4.1 on,
  `mod/assign/classes/downloader.php`: no ``_`` at the end, but where files are not in folders. NUMBER is the
  participant's of this assignment, and NAME is ``Participant`` where marking is blind; a group's are its own.
- Canvas, `lib/content_zipper.rb`: ``NAME_LATE_USER_FILE_name``, where NAME may be a group's, and ``anon_ID`` stands
  for both where grading is anonymous; a text or a link is ``NAME_USER_text.html``.
- Blackboard's help, "Assignment File Download": ``ASSIGNMENT_USER_attempt_TIME_name``, and a text for each attempt.
- Brightspace, as scripts of its users take downloads apart: ``NUMBER-NUMBER - NAME - Sep 24, 2024 926 PM``, a folder
  or the beginning of a file's name, with the student's number before the name where the site shows it.
- ILIAS, `Modules/Exercise/classes/class.ilExSubmission.php`: ``LAST_FIRST_LOGIN_USER``, below ``Team 12``.
- Gradescope's export, see `autograder.submissions.gradescope_export`.
- GitHub Classroom, `gh-classroom`, `cmd/gh-classroom/clone/student-repos`: ``SLUG-submissions/SLUG-USER``.
"""

import re

_LONGEST = r"(?s:(?=.{1,300}\Z))"
"""No part of a name is longer, and nothing longer is looked at."""

_TIME = r"(?P<timestamp>\d{4}(?:-\d\d){5})"

LAYOUTS = {
    name: re.compile(_LONGEST + pattern)
    for name, pattern in {
        "moodle": r"(?P<student_id>.+?)(?:_(?P<person>\d+))?_assignsubmission_(?:file|(?P<own>onlinetext))"
        r"(?:_(?P<file_id>.*))?",
        "blackboard": rf"(?P<student_id>.+?_.+?)_attempt_{_TIME}(?:_(?P<file_id>.*)|(?P<own>\.txt))?",
        "canvas": r"(?:(?P<late_>LATE_)?(?P<hidden>anon_[^_]+)|"
        r"(?P<student_id>.+?)(?P<late>_LATE)?_(?P<lms_user_id>\d+))"
        r"(?:_(?P<upload>\d+)_(?P<file_id>.*)|_(?P<own>text|link)\.html)",
        "brightspace": r"\d+-\d+ - (?:(?P<lms_user_id>[A-Za-z]{0,3}\d+) - )?(?P<student_id>.+?) ?"
        r"- (?P<timestamp>[^-]*\b\d{4}\b[^-]*?)(?: - (?P<file_id>.*))?",
        "gradescope": r"(?P<student_id>submission_\d+)",
        "ilias": r"(?P<student_id>[^_].*_.+_.+)_(?P<lms_user_id>\d+)",
        "github": r"(?P<student_id>[A-Za-z0-9._]+(?:-[A-Za-z0-9._]+)+)",
    }.items()
}
"""How each LMS names files or the folders around them; of those that fit equally often the first is taken."""

IN_FOLDERS = ("gradescope", "ilias", "github")
"""Those that name folders only."""

SPLIT_AT = {"blackboard": ("_", 1), "github": ("-", 1), "ilias": ("_", 2)}
"""At which sign the user name begins, and behind how many pieces at least."""

SUBMISSIONS = "-submissions"
"""What gh-classroom puts behind an assignment's short name."""

BRIGHTSPACE_TIMES = tuple(
    f"{date} {time}"
    for date in ("%b %d, %Y", "%B %d, %Y", "%d %B, %Y", "%d %B %Y", "%d %b %Y")
    for time in ("%I%M %p", "%H%M")
)
"""How Brightspace writes when something was handed in: there is no ``:`` in names of files."""
