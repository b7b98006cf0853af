"""The texts of reasons in the languages that Rasika is made for.

Names are placed where they need no case ending, because endings depend on the sound of the name:
Telugu “ఈగ” చూశారు rather than ఈగని, which would be wrong for the next film. Films and series are
feminine in Hindi.
"""

from vocabulary.writing_systems import script_of

REASON_LANGUAGES = ("en", "hi", "te", "ta", "kn", "ml")

REASON_TEXTS: dict[str, dict[str, str]] = {
    # What the viewer did with a similar title.
    "watched": {
        "en": "Because you watched {title}",
        "hi": "क्योंकि आपने “{title}” देखी",
        "te": "మీరు “{title}” చూశారు కాబట్టి",
        "ta": "நீங்கள் “{title}” பார்த்ததால்",
        "kn": "ನೀವು “{title}” ನೋಡಿದ್ದರಿಂದ",
        "ml": "നിങ്ങൾ “{title}” കണ്ടതുകൊണ്ട്",
    },
    "liked": {
        "en": "Because you liked {title}",
        "hi": "क्योंकि आपको “{title}” पसंद आई",
        "te": "మీకు “{title}” నచ్చింది కాబట్టి",
        "ta": "உங்களுக்கு “{title}” பிடித்ததால்",
        "kn": "ನಿಮಗೆ “{title}” ಇಷ್ಟವಾಗಿದ್ದರಿಂದ",
        "ml": "നിങ്ങൾക്ക് “{title}” ഇഷ്ടമായതുകൊണ്ട്",
    },
    "rated": {
        "en": "Because you rated {title} highly",
        "hi": "क्योंकि आपने “{title}” को अच्छी रेटिंग दी",
        "te": "మీరు మంచి రేటింగ్ ఇచ్చిన “{title}” లాంటిది",
        "ta": "நீங்கள் உயர்வாக மதிப்பிட்ட “{title}” போன்றது",
        "kn": "ನೀವು ಉತ್ತಮ ರೇಟಿಂಗ್ ನೀಡಿದ “{title}” ತರಹದ್ದು",
        "ml": "നിങ്ങൾ മികച്ച റേറ്റിംഗ് നൽകിയ “{title}” പോലെയുള്ളത്",
    },
    "favorite": {
        "en": "Because {title} is one of your favourites",
        "hi": "क्योंकि “{title}” आपकी पसंदीदा सूची में है",
        "te": "“{title}” మీకు ఎంతో ఇష్టమైనవాటిలో ఒకటి కాబట్టి",
        "ta": "“{title}” உங்களுக்கு மிகவும் பிடித்தவற்றில் ஒன்று என்பதால்",
        "kn": "“{title}” ನಿಮಗೆ ಅಚ್ಚುಮೆಚ್ಚಾದವುಗಳಲ್ಲಿ ಒಂದಾಗಿರುವುದರಿಂದ",
        "ml": "“{title}” നിങ്ങൾക്ക് ഏറ്റവും പ്രിയപ്പെട്ടവയിൽ ഒന്നായതുകൊണ്ട്",
    },
    "watchlisted": {
        "en": "Because {title} is on your watchlist",
        "hi": "क्योंकि “{title}” आपकी देखने की सूची में है",
        "te": "“{title}” మీరు చూడాలనుకున్నవాటి జాబితాలో ఉంది కాబట్టి",
        "ta": "“{title}” நீங்கள் பார்க்க விரும்பும் பட்டியலில் இருப்பதால்",
        "kn": "“{title}” ನೀವು ನೋಡಬೇಕೆಂದಿರುವ ಪಟ್ಟಿಯಲ್ಲಿರುವುದರಿಂದ",
        "ml": "“{title}” നിങ്ങൾ കാണാനിരിക്കുന്നവയുടെ പട്ടികയിലുള്ളതുകൊണ്ട്",
    },
    "shared": {
        "en": "Because you shared {title}",
        "hi": "क्योंकि आपने “{title}” औरों को सुझाई",
        "te": "మీరు “{title}” ఇతరులతో పంచుకున్నారు కాబట్టి",
        "ta": "நீங்கள் “{title}” பகிர்ந்ததால்",
        "kn": "ನೀವು “{title}” ಹಂಚಿಕೊಂಡಿದ್ದರಿಂದ",
        "ml": "നിങ്ങൾ “{title}” പങ്കുവെച്ചതുകൊണ്ട്",
    },
    "similar_to": {
        "en": "Similar to {title}",
        "hi": "“{title}” से मिलती-जुलती",
        "te": "“{title}” లాంటిది",
        "ta": "“{title}” போன்றது",
        "kn": "“{title}” ತರಹದ್ದು",
        "ml": "“{title}” പോലെയുള്ളത്",
    },
    # The viewer's affinities.
    "taste": {
        "en": "Close to what you like",
        "hi": "आपकी पसंद के क़रीब",
        "te": "మీ అభిరుచికి దగ్గరగా ఉన్నది",
        "ta": "உங்கள் ரசனைக்கு நெருக்கமானது",
        "kn": "ನಿಮ್ಮ ಅಭಿರುಚಿಗೆ ಹತ್ತಿರವಾದದ್ದು",
        "ml": "നിങ്ങളുടെ അഭിരുചിയോട് അടുത്തത്",
    },
    "more_from": {
        "en": "More from {person}",
        "hi": "{person} की एक और पेशकश",
        "te": "{person} నుంచి మరొకటి",
        "ta": "{person} படைப்புகளில் மற்றொன்று",
        "kn": "{person} ಅವರಿಂದ ಮತ್ತೊಂದು",
        "ml": "{person} പങ്കാളിയായ മറ്റൊന്ന്",
    },
    "leaning_language": {
        "en": "Because you like watching {language}",
        "hi": "क्योंकि आपको {language} में देखना पसंद है",
        "te": "మీరు {language:inside} భాషలో చూడటానికి ఇష్టపడతారు కాబట్టి",
        "ta": "நீங்கள் {language:inside} மொழியில் பார்க்க விரும்புவதால்",
        "kn": "ನೀವು {language} ಭಾಷೆಯಲ್ಲಿ ನೋಡಲು ಇಷ್ಟಪಡುವುದರಿಂದ",
        "ml": "നിങ്ങൾ {language:inside} ഭാഷയിൽ കാണാൻ ഇഷ്ടപ്പെടുന്നതുകൊണ്ട്",
    },
    "leaning_genre": {
        "en": "Because you like {genre:inside}",
        "hi": "क्योंकि आपको {genre} पसंद है",
        "te": "మీకు {genre} అంటే ఇష్టం కాబట్టి",
        "ta": "உங்களுக்கு {genre} பிடிக்கும் என்பதால்",
        "kn": "ನಿಮಗೆ {genre} ಎಂದರೆ ಇಷ್ಟವಾದ್ದರಿಂದ",
        "ml": "നിങ്ങൾക്ക് {genre} ഇഷ്ടമായതുകൊണ്ട്",
    },
    "mood": {
        "en": "Matches the mood: {rasa:inside}",
        "hi": "{rasa} रस चाहने वाले मन के लिए",
        "te": "{rasa:inside} భావం కోరుకునే మనసుకు",
        "ta": "{rasa:inside} உணர்வைத் தேடும் மனதிற்கு",
        "kn": "{rasa} ಭಾವ ಬಯಸುವ ಮನಸ್ಸಿಗೆ",
        "ml": "{rasa:inside} രസം തേടുന്ന മനസ്സിന്",
    },
    "different": {
        "en": "Something different: {what}",
        "hi": "कुछ अलग: {what}",
        "te": "కాస్త భిన్నంగా: {what}",
        "ta": "சற்று வித்தியாசமாக: {what}",
        "kn": "ಸ್ವಲ್ಪ ಭಿನ್ನವಾಗಿ: {what}",
        "ml": "അല്പം വ്യത്യസ്തമായി: {what}",
    },
    # What many others watch.
    "trending_language": {
        "en": "Trending in {language}",
        "hi": "{language} में इन दिनों चर्चित",
        "te": "{language:inside} భాషలో ఇప్పుడు ట్రెండింగ్",
        "ta": "{language:inside} மொழியில் இப்போது டிரெண்டிங்",
        "kn": "{language} ಭಾಷೆಯಲ್ಲಿ ಈಗ ಟ್ರೆಂಡಿಂಗ್",
        "ml": "{language:inside} ഭാഷയിൽ ഇപ്പോൾ ട്രെൻഡിംഗ്",
    },
    "popular_language": {
        "en": "Popular in {language}",
        "hi": "{language} में लोकप्रिय",
        "te": "{language:inside} భాషలో ప్రజాదరణ పొందినది",
        "ta": "{language:inside} மொழியில் பிரபலமானது",
        "kn": "{language} ಭಾಷೆಯಲ್ಲಿ ಜನಪ್ರಿಯವಾದದ್ದು",
        "ml": "{language:inside} ഭാഷയിൽ ജനപ്രിയം",
    },
    "trending_region": {
        "en": "Trending in {place}",
        "hi": "{place} में इन दिनों चर्चित",
        "te": "{place}\u200cలో ఇప్పుడు ట్రెండింగ్",
        "ta": "{place} முழுவதும் டிரெண்டிங்",
        "kn": "{place:attributive} ವೀಕ್ಷಕರಲ್ಲಿ ಈಗ ಟ್ರೆಂಡಿಂಗ್",
        "ml": "{place} മുഴുവൻ ട്രെൻഡിംഗ്",
    },
    "loved_in": {
        "en": "Loved by people in {place}",
        "hi": "{place} के लोगों की पसंद",
        "te": "{place:attributive} ప్రేక్షకులు మెచ్చినది",
        "ta": "{place:attributive} ரசிகர்கள் விரும்புவது",
        "kn": "{place:attributive} ವೀಕ್ಷಕರು ಮೆಚ್ಚಿದ್ದು",
        "ml": "{place} മുഴുവൻ പ്രിയപ്പെട്ടത്",
    },
    "regional": {
        "en": "Popular in {place}",
        "hi": "{place} में लोकप्रिय",
        "te": "{place}\u200cలో ప్రజాదరణ పొందినది",
        "ta": "{place} முழுவதும் பிரபலமானது",
        "kn": "{place:attributive} ವೀಕ್ಷಕರಲ್ಲಿ ಜನಪ್ರಿಯವಾದದ್ದು",
        "ml": "{place} മുഴുവൻ ജനപ്രിയം",
    },
    "popular_genre": {
        "en": "Popular in {genre:inside}",
        "hi": "{genre} में लोकप्रिय",
        "te": "{genre:inside} విభాగంలో ప్రజాదరణ పొందినది",
        "ta": "{genre} எனும் வகையில் பிரபலமானது",
        "kn": "{genre} ವಿಭಾಗದಲ್ಲಿ ಜನಪ್ರಿಯವಾದದ್ದು",
        "ml": "{genre} എന്ന വിഭാഗത്തിൽ ജനപ്രിയം",
    },
    "popular": {
        "en": "Widely known",
        "hi": "बहुत जानी-मानी",
        "te": "అందరికీ తెలిసినది",
        "ta": "பரவலாக அறியப்பட்டது",
        "kn": "ಎಲ್ಲರಿಗೂ ಪರಿಚಿತವಾದದ್ದು",
        "ml": "ഏറെ പ്രശസ്തം",
    },
    "new": {
        "en": "New",
        "hi": "नई",
        "te": "కొత్తది",
        "ta": "புதியது",
        "kn": "ಹೊಸದು",
        "ml": "പുതിയത്",
    },
    "catalogue": {
        "en": "From the catalogue",
        "hi": "हमारे संग्रह से",
        "te": "మా సంకలనం నుంచి",
        "ta": "எங்கள் தொகுப்பிலிருந்து",
        "kn": "ನಮ್ಮ ಸಂಗ್ರಹದಿಂದ",
        "ml": "ഞങ്ങളുടെ ശേഖരത്തിൽ നിന്ന്",
    },
    # Search.
    "name": {
        "en": "Its name matches",
        "hi": "नाम मेल खाता है",
        "te": "పేరు సరిపోలింది",
        "ta": "பெயர் பொருந்துகிறது",
        "kn": "ಹೆಸರು ಹೊಂದುತ್ತದೆ",
        "ml": "പേര് ചേരുന്നു",
    },
    "meaning": {
        "en": "Fits what you described",
        "hi": "आपके वर्णन से मेल खाती है",
        "te": "మీరు చెప్పినదానికి సరిపోతుంది",
        "ta": "நீங்கள் விவரித்ததற்குப் பொருந்துகிறது",
        "kn": "ನೀವು ವಿವರಿಸಿದ್ದಕ್ಕೆ ಹೊಂದುತ್ತದೆ",
        "ml": "നിങ്ങൾ വിവരിച്ചതുമായി ചേരുന്നു",
    },
}

DROPPED_ENDINGS = {"te": "ం", "ta": "ம்", "ml": "ം"}
"""What a noun loses before another noun: మలయాళం, but మలయాళ భాష."""

TAMIL_ATTRIBUTIVE_ENDINGS = {
    "இந்தியா": "இந்திய",
    "கர்நாடகா": "கர்நாடக",
    "கேரளா": "கேரள",
    "மகாராஷ்டிரா": "மகாராஷ்டிர",
    "தேசம்": "தேச",
    "வங்காளம்": "வங்காள",
}
"""Ending of a place's name to the ending that it has before a noun."""

KANNADA_VIRAMA = "್"
KANNADA_GENITIVE_SUFFIXES = {KANNADA_VIRAMA: "\u200cನ", "ಿ": "ಯ", "ೀ": "ಯ", "ೆ": "ಯ", "ೇ": "ಯ"}
"""Last sign of a name to its genitive suffix: ದೆಹಲಿಯ, ಗುಜರಾತ್‌ನ; other names take ದ."""


class InflectedName(str):
    """A name in a reason; a format spec selects its form.

    `{rasa:inside}` is the form within a sentence, `{place:attributive}` that before a noun.
    """

    __slots__ = ()

    def __format__(self, form: str) -> str:
        if form == "inside":
            return self._inside()
        if form == "attributive":
            return self._attributive()
        return super().__format__(form)

    def _inside(self) -> str:
        first = self[:1] if self[1:2].isupper() else self[:1].lower()  # LGBTQ stays
        dropped = next((each for each in DROPPED_ENDINGS.values() if self.endswith(each)), "")
        return first + self[1:].removesuffix(dropped)

    def _attributive(self) -> str:
        match script_of(self[-1:]):
            case "Telu":
                return self.removesuffix(DROPPED_ENDINGS["te"])
            case "Taml":
                for ending, attributive in TAMIL_ATTRIBUTIVE_ENDINGS.items():
                    if self.endswith(ending):
                        return self.removesuffix(ending) + attributive
            case "Knda":
                if self.endswith("ು"):
                    return f"{self[:-1]}ಿನ"
                return self + KANNADA_GENITIVE_SUFFIXES.get(self[-1], "ದ")
        return str(self)
