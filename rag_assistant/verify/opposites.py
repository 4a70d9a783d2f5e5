"""Words that deny one another, kept by hand, by the word in lower case.

A line has two groups; each word of one is denied by each of the other.
"""

from __future__ import annotations

import functools

_OPPOSITES = """
with|using without
open|public|publicly|opensource closed|proprietary|private
supervised unsupervised
before after
success|succeed|succeeds|successful fail|fails|failed|failure|unsuccessful
possible impossible
easy|easier|simple|simpler hard|harder|difficult|complex
small|smaller|tiny|compact large|larger|big|huge
short|shorter long|longer
fast|faster|quick|quickly slow|slower|slowly
high|higher low|lower
strong|stronger weak|weaker
better|superior worse|inferior
more fewer|less
most|majority few|minority|least
static dynamic
single multiple|many|several
local global
online offline
positive|positively negative|negatively
explicit implicit
sparse dense
frozen|freeze|freezes|freezing unfrozen|finetuned
trainable|train|trains|trained|update|updates|updated|tune|tunes|tuned|finetune frozen|freeze|freezes|freezing
seen unseen
sufficient|enough|adequate insufficient|inadequate
efficient|efficiently inefficient
cheap|cheaper|inexpensive costly|expensive
stable unstable
robust|resistant vulnerable|fragile|brittle|susceptible
accurate inaccurate
consistent|consistently inconsistent
effective|effectively ineffective
likely unlikely
safe unsafe|harmful
correct|correctly incorrect|incorrectly|wrong
known unknown
linear|linearly quadratic|exponential|quadratically
early|earlier late|later
maximum|maximize|maximizes minimum|minimize|minimizes
add|adds|added remove|removes|removed|omit
include|includes exclude|excludes
accept|accepts reject|rejects
support|supports|confirm|confirms contradict|contradicts|refute|refutes
preserve|preserves|retain|retains|maintain|maintains lose|loses|lost|discard|discards|sacrifice|sacrifices
outperform|outperforms|surpass|surpasses|beat|beats|exceed|exceeds underperform|underperforms|lag|lags|trails|behind
manual|manually automatic|automatically|automated
real synthetic
discrete continuous
sequential|sequentially|serial parallel
encoder decoder
top bottom
exact|exactly|precise approximate|approximates|approximated|approximation|approximately
internal|private|proprietary|inhouse public|publicly|open
same|equal|equally|identical|uniform|uniformly|alike different|differently|varying|distinct|unevenly|uneven|unequal
little|low|negligible|minimal|marginal|slight significant|substantial|considerable|major|great|extensive|remarkable
clear|understood|explored|studied unclear|underexplored|unexplored|understudied|overlooked|neglected
rich|plenty|abundant|plentiful|ample scarce|scarcity|limited|lacking|lack|insufficient
rarely|seldom|hardly often|frequently|usually|commonly|typically|always|consistently
simultaneous|simultaneously|parallel|concurrently sequentially|sequential|successively|iteratively
ease|easily|effortlessly|readily|trivial challenging|struggle|struggles|difficult|difficulty|hard|challenge|challenges
hurt|hurts|degrade|degrades|worsen|worsens|harm|harms improve|improves|boost|boosts|help|helps|benefit|enhance|enhances
relevant|related irrelevant|unrelated
homogeneous heterogeneous|diverse
independent|independently|separately jointly|together|collaboratively|collaborative|unified
coarse fine|finegrained
fixed|constant|rigid adaptive|adaptively|dynamic|dynamically|flexible|flexibly|variable|learnable
hand|manual|manually|handcrafted automatic|automatically|automated|auto|synthesizes|synthesized
quick|fast|rapid slow|timeconsuming|lengthy|tedious
general|generic|universal specific|specialized|specialised|dedicated
alone|solely|exclusively|merely both|multiple|various|diverse|alongside|besides
needless|unnecessary|optional necessary|essential|required|crucial|critical|needed
ignore|ignores|ignoring|neglect|neglects|overlook|overlooks|disregards consider|considers|account|focus|focuses|attend
prevent|prevents|avoid|avoids|mitigate|mitigates|alleviate cause|causes|induce|induces|introduce|aggravate|worsens
shrink|shrinks|narrow|narrows widen|widens|expand|expands|enlarge|grow|grows
frozen|fixed|untouched|unchanged changed|changes|modified|modifies|altered|altering|alters
merge|merges|combine|combines|fuse|fuses|integrate|integrates separate|separates|split|splits|divide|divides
unimodal multimodal
monolingual multilingual
balanced imbalanced|unbalanced|skewed
trustworthy|reliable|dependable untrustworthy|unreliable
human|annotator|annotators|experts automatic|automatically|automated|synthetic|modelgenerated
decrease|decreases|decline|declines|shrinking increase|increases|increasing|grow|grows
upper lower
first last
present absent
win|wins lose|loses
agree|agrees disagree|disagrees
balanced imbalanced
internal external
forward backward
same different
never always
require|requires|need|needs eliminate|eliminates|avoid|avoids
protect|protects|protective risk|harm
"""


@functools.cache
def opposites() -> dict[str, frozenset[str]]:
    """For a word in lower case, the words that deny it."""
    table: dict[str, set[str]] = {}
    for line in _OPPOSITES.split("\n"):
        if not line.strip():
            continue
        one, other = (set(group.split("|")) for group in line.split())
        for word in one:
            table.setdefault(word, set()).update(other)
        for word in other:
            table.setdefault(word, set()).update(one)
    return {word: frozenset(group) for word, group in table.items()}
