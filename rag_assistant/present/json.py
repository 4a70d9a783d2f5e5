"""Records as plain dictionaries that json.dumps takes, with the records' own field names."""

from __future__ import annotations

from typing import Any

from rag_assistant.records import Answer, Citation, Hit, IngestReport, Paper, Quote
from rag_assistant.retrieve import matched_spans


def paper_dict(paper: Paper) -> dict[str, Any]:
    """A paper, with what isn't known as null."""
    return {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "year": paper.year,
        "published": paper.published,
        "url": paper.url,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "venue": paper.venue,
        "categories": list(paper.categories),
        "source": [{"file": place.file, "entry": place.entry, "line": place.line} for place in paper.source],
    }


def quote_dict(quote: Quote) -> dict[str, Any]:
    """A quote; ``abstract[start:end] == text`` in the paper that is given with it."""
    return {"paper_id": quote.paper_id, "text": quote.text, "start": quote.start, "end": quote.end}


def hit_dict(hit: Hit) -> dict[str, Any]:
    """A hit with its whole paper and why it was found.

    ``highlights`` are [start, end] of the words looked for, in the title and in the passage's own text.
    """
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "dense": None if hit.dense is None else round(hit.dense, 6),
        "dense_rank": hit.dense_rank,
        "lexical": None if hit.lexical is None else round(hit.lexical, 6),
        "lexical_rank": hit.lexical_rank,
        "matched": list(hit.matched),
        "highlights": {
            "title": [list(span) for span in matched_spans(hit.paper.title, hit.stems)],
            "passage": [list(span) for span in matched_spans(hit.passage.text, hit.stems)],
        },
        "passage": {
            "id": hit.passage.id,
            "text": hit.passage.text,
            "start": hit.passage.start,
            "end": hit.passage.end,
        },
        "paper": paper_dict(hit.paper),
    }


def answer_dict(answer: Answer) -> dict[str, Any]:
    """A whole answer. Sentences name their citations by number and carry their own quotes."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "text": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "mode": answer.mode,
        "model": answer.model,
        "shape": answer.shape,
        "notes": list(answer.notes),
        "sentences": [
            {
                "text": sentence.text,
                "verdict": sentence.verdict,
                "score": round(sentence.score, 4),
                "reasons": list(sentence.reasons),
                "label": sentence.label,
                "emphasis": [list(span) for span in sentence.emphasis],
                "citations": [_cited(citation) for citation in sentence.citations],
            }
            for sentence in answer.sentences
        ],
        "citations": [{**_cited(citation), "paper": paper_dict(citation.paper)} for citation in answer.citations],
        "hits": [hit_dict(hit) for hit in answer.hits],
        "timings": {stage: round(seconds, 6) for stage, seconds in answer.timings.items()},
        "manifest": dict(answer.manifest),
        "draft": answer.draft,
        "thinking": answer.thinking,
    }


def _cited(citation: Citation) -> dict[str, Any]:
    return {"number": citation.number, "quotes": [quote_dict(quote) for quote in citation.quotes]}


def report_dict(report: IngestReport) -> dict[str, Any]:
    """An ingest's report: counts first, then what they count."""
    return {
        "entries": report.entries,
        "papers": report.papers,
        "embedded": report.embedded,
        "seconds": round(report.seconds, 3),
        "counts": {
            "added": len(report.added),
            "updated": len(report.updated),
            "unchanged": len(report.unchanged),
            "removed": len(report.removed),
            "duplicates": len(report.duplicates),
            "rejected": len(report.rejected),
        },
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        "duplicates": [
            {
                "file": one.source.file,
                "entry": one.source.entry,
                "title": one.title,
                "paper_id": one.paper_id,
                "reason": one.reason,
                "near": one.near,
            }
            for one in report.duplicates
        ],
        "rejected": [{"file": one.file, "line": one.line, "why": one.why} for one in report.rejected],
    }
