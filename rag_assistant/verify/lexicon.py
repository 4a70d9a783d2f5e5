"""Words of direction, and words that say nearly the same; by stem.

Kept by hand: a thesaurus in full would call "increase" and "change" the same, which is what a verifier must not do.
"""

from __future__ import annotations

import functools

from rag_assistant.verify.words import stem

_UP = (
    "increase increases increased increasing raise raises raised rise rises rising grow grows grew growth boost "
    "boosts boosted "
    "improve improves improved improving improvement improvements enhance enhances enhanced enhancing enhancement "
    "strengthen "
    "strengthens gain gains higher greater larger bigger better faster more stronger superior accelerate "
    "accelerates accelerated "
    "speedup amplify amplifies upregulate upregulates upregulated upregulation elevate elevated elevates expand "
    "expands expanded "
    "promote promotes promoted stimulate stimulates stimulated activate activates activated activation enlarge "
    "longer extend extends "
    "outperform outperforms outperformed outperforming surpass surpasses surpassed surpassing exceed exceeds "
    "exceeded beat beats "
    "benefit benefits advance advances facilitate facilitates"
)
_DOWN = (
    "decrease decreases decreased decreasing reduce reduces reduced reducing reduction reductions lower lowers "
    "lowered lowering "
    "drop drops dropped decline declines declined declining fall falls fell shrink shrinks diminish diminishes "
    "diminished "
    "degrade degrades degraded degrading degradation worsen worsens worsened worse fewer less smaller slower "
    "weaker inferior impair "
    "impairs impaired impairment deteriorate deteriorates hurt hurts harm harms hinder hinders limit limits "
    "weaken weakens slow slows "
    "downregulate downregulates downregulated downregulation inhibit inhibits inhibited inhibition suppress "
    "suppresses suppressed "
    "attenuate attenuates attenuated shorten shortens shortened shorter cut cuts cutting minimize minimizes "
    "minimise mitigate mitigates "
    "mitigated alleviate alleviates lessen lessens underperform underperforms underperformed lag lags trail "
    "trails compress curb curbs "
    "save saves saving"
)
# Each line: words that an answer may put for one another.
_SYNONYMS = """
improve enhance boost strengthen better increase raise elevate gain uplift advance
reduce decrease lower cut lessen shrink diminish drop decline minimize save fewer less alleviate mitigate
outperform surpass beat exceed superior better top overtake outdo ahead
show demonstrate reveal indicate find find report exhibit display prove suggest confirm observe
propose introduce present offer develop suggest design create devise describe put
use employ utilize apply leverage adopt rely exploit harness draw
train learn teach tune fit
finetune tune adapt train
build construct create assemble develop make design form
dataset corpus collection data set
benchmark test testbed suite evaluation dataset
picture image photo visual photograph
video clip footage film
task problem challenge job
method approach technique framework strategy scheme system algorithm procedure recipe way
big large huge massive sizable vast substantial great
small tiny little compact minor lightweight modest
fast quick rapid speedy swift accelerate speed quicker
speed fast acceleration throughput quick latency
show display illustrate
help aid assist support facilitate enable
need require demand necessitate
cost expense price budget overhead expensive cheap
memory storage ram footprint
answer response reply respond
question query ask
text textual written language word
speech spoken voice audio
generate produce create synthesize output write yield generation
create generate build construct
evaluate assess test measure examine benchmark judge
compare against versus relative contrast comparison
understand comprehend grasp comprehension understanding interpret
reason reasoning inference think logic
error mistake fault failure wrong
hallucinate hallucination fabricate invent
accurate precise correct accuracy
robust resilient reliable stable
human person people
annotator labeller human annotation label
label annotation annotate tag mark
important crucial key vital essential central critical
difficult hard challenging tough struggle
start begin initial
keep retain preserve maintain hold
remove drop discard eliminate delete prune strip
add append insert include attach
combine merge fuse integrate join unite blend mix pair couple together
split divide break separate decompose partition
change modify alter edit adjust vary
choose select pick decide
context window length input
long lengthy extended extend
extend expand lengthen stretch scale enlarge grow
rate ratio share percentage proportion fraction
task-specific specialized dedicated special specialised
document paper article text
code program source
doctor physician clinician
medical clinical biomedical health medicine
drug medication medicine
tumor cancer tumour carcinoma malignancy
illness disease disorder condition
patient subject participant
cause lead induce trigger result produce
link associate relate correlate connect tie
predict forecast anticipate estimate prediction
find discover detect identify locate spot
limit restrict constrain bound
release publish share open available public
freely open public available
several multiple various many numerous different
whole entire full complete
part portion fraction component piece section
parallel simultaneous concurrent
step stage phase
layer block level
weight parameter
model network llm lm system
agent assistant bot
robot robotic
object item thing entity
scene environment setting
game play gaming
math mathematical mathematics arithmetic
science scientific
student learner pupil
teacher instructor
web internet online
user person human
goal aim objective purpose target
gap difference discrepancy disparity
match equal rival par comparable competitive parallel equivalent similar
close near approach narrow similar
vary differ change
feature characteristic attribute property
similar alike comparable close resemble
quality fidelity
performance accuracy result score capability
ability capability skill capacity power
knowledge fact information
retrieve fetch search retrieval lookup
compress compression shrink condense
cheap inexpensive affordable economical low-cost
bad poor weak inferior
good strong solid excellent high
rare scarce infrequent uncommon scarcity
frequent common often
surprising unexpected surprisingly
currently today existing current present
previous earlier prior past former existing preceding
novel new original
fail struggle break
real-world practical real
simple easy straightforward plain
automatic automated automatically
manual hand human manually
translate translation convert turn transform
drive driving vehicle car autonomous
explain explanation interpret account clarify
view perspective viewpoint angle
depth distance
motion movement move
edit editing manipulate
guide steer direct control
stable steady consistent
million
thousand
attack adversarial jailbreak
safe safety harmless
harmful toxic unsafe
bias biased prejudice
language linguistic tongue multilingual
word token term
sentence phrase utterance
chat conversation dialogue dialog conversational
instruct instruction command
follow obey adhere
reward feedback preference
expert specialist professional
vision visual image
multimodal vision-language
quantize quantization
distill distillation
sample example instance case
pretrain pretraining
scratch
layout arrangement
chart plot graph figure diagram
table tabular
screen gui interface
phone mobile smartphone device
open-source open
"""


@functools.cache
def directions() -> dict[str, int]:
    """+1 for words of more, -1 for words of less; by the word in lower case."""
    return {**dict.fromkeys(_UP.split(), 1), **dict.fromkeys(_DOWN.split(), -1)}


@functools.cache
def synonyms() -> dict[str, frozenset[str]]:
    """For a stem, the stems that an answer may put for it."""
    table: dict[str, set[str]] = {}
    for line in _SYNONYMS.split("\n"):
        stems = {stem(word) for word in line.split()}
        for one in stems:
            table.setdefault(one, set()).update(stems)
    return {one: frozenset(group - {one}) for one, group in table.items()}
