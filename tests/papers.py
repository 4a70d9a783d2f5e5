"""Small papers of our own, for tests that need a collection; nobody wrote them but us."""

from __future__ import annotations

from rag_assistant.records import Paper, Source

TEXTS = {
    "HarborNet: Detecting Ships in Fog with Paired Radar": (
        "Cameras lose sight of ships when fog rolls in. We introduce HarborNet, a detector that pairs each "
        "camera frame with a radar sweep. HarborNet finds 91.4% of vessels in dense fog, where a camera alone "
        "finds 58%. It runs at 30 frames per second on one laptop GPU. The FogPort data set of 12,000 "
        "labelled frames is released with it."
    ),
    "TideGPT: Forecasting Harbour Currents with Language Models": (
        "Pilots need to know how currents will turn. TideGPT reads tide tables as text and predicts currents "
        "up to 48 hours ahead. Compared with a numerical ocean model it lowers the mean error from 0.31 to "
        "0.19 metres per second. Training took two days on four GPUs. However, TideGPT does not outperform "
        "the numerical model during storms."
    ),
    "A Survey of Lighthouse Automation": (
        "This survey reviews sixty years of lighthouse automation, from clockwork rotation to remote "
        "diagnosis. We group 140 papers by power source, light source and means of control. Solar power has "
        "replaced diesel in most of the stations studied. Open problems remain, e.g. icing of lenses and "
        "theft of batteries."
    ),
    "KelpBank: A Benchmark for Underwater Plant Segmentation": (
        "Underwater meadows are hard to map. KelpBank collects 8,500 diver photographs with pixel masks of 23 "
        "plant species. A baseline transformer reaches 67.2 mIoU, 9 points below divers themselves. Turbid "
        "water accounts for two thirds of all errors."
    ),
    "GullSpeak: Decoding Seabird Calls from Long Recordings": (
        "Colonies are recorded for months, yet nobody can listen to it all. GullSpeak is an audio model with "
        "a context of three hours. It separates alarm calls from feeding calls with an F1 of 0.88. Against a "
        "short-window baseline it gains 14 points, because rare calls are judged by what came before them."
    ),
    "Slow Rope: Why Mooring Lines Creep": (
        "Synthetic mooring lines lengthen under constant load. We measured nine ropes for four years and find "
        "that creep follows the logarithm of time. Wet ropes creep 1.7 times as fast as dry ones. We propose "
        "replacing lines after elongation of 5%, not after a fixed number of years."
    ),
}


def make_papers() -> list[Paper]:
    """The collection, ids p1 onwards, each paper as if read from ``harbour.txt``."""
    return [
        Paper(f"p{number}", title, abstract, source=(Source("harbour.txt", number),))
        for number, (title, abstract) in enumerate(TEXTS.items(), 1)
    ]


# One abstract after its title, for what is checked against it.
PASSAGE = (
    "TideNet: Forecasting harbour levels with small models\n"
    "We introduce TideNet, a forecasting model with 12M parameters that reads 90 days of gauge data. "
    "On the Gulf benchmark, TideNet outperforms HydroFormer by 13.7\\% while needing 4x less memory. "
    "It does not need labelled storms, and its encoder stays frozen during adaptation. "
    "Results on rivers are limited, and the model may overestimate short floods."
)
