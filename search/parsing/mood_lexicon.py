"""Moods: the phrases people use for them, and a text whose embedding stands for each.

They are the nine rasas and later additions. Phrases are written as in `search.parsing.lexicon`; the
text is embedded beside the rest of the query.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoodEntry:
    """A mood: the label of its chip, the text to embed, and its phrases."""

    label: str
    embedding_text: str
    phrases: str


MOOD_ENTRIES: dict[str, MoodEntry] = {
    "sad": MoodEntry(  # karuna
        "Sad",
        "a sad, tragic, melancholy story of loss and tears",
        (
            "sad, tragic, tragedy, heartbreaking, heart breaking, tearjerker, tear jerker, "
            "melancholy, depressing, cry, crying, make me cry, sorrowful, ~dukh bhari, "
            "~dukhbhari, ~dukhi, ~dukhad, ~rona, ~rulane, ~rulane wali, rone wali, ~gham, ~soka, "
            "~sokam, ~sogam, ~soga, ~sogamana, ~vishada, ~vishadam, ~edipinche, ~yedipinche, "
            "~edupinche, ~badha, ~azhugai, ~azha vaikkum, ~azha vaikkira, ~azha vekkura, "
            "~dukhada, ~dukkha, ~dukham, ~sankadam, ~karayikkunna, दुखद, दुख भरी, दुखभरी, "
            "रुलाने वाली, दर्द भरी, दर्दभरी, ~dard bhari, విషాద, విషాదకర, ఏడిపించే, బాధాకర, சோக, "
            "சோகமான, சோகப், கண்ணீர், ದುಃಖದ, ದುರಂತ, ಅಳಿಸುವ, ദുഃഖ, സങ്കട, കരയിക്കുന്ന"
        ),
    ),
    "emotional": MoodEntry(
        "Emotional",
        "an emotional, moving, heart-touching story",
        (
            "emotional, moving, touching, heart touching, heartfelt, sentimental, sentiment, "
            "~bhavuk, ~dil chhu, ~manasuni tocche, ~manasige hattira, ~manasu muttuva, ~unarvu, "
            "भावुक, भावनात्मक, दिल छूने, दिल को छूने, భావోద్వేగ, ఎమోషనల్, హృదయాన్ని తాకే, "
            "உணர்ச்சிகரமான, உணர்ச்சி, எமோஷனல், ಭಾವನಾತ್ಮಕ, ಭಾವುಕ, വൈകാരിക, ഇമോഷണൽ"
        ),
    ),
    "happy": MoodEntry(
        "Feel-good",
        "a feel-good, heart-warming, happy, uplifting story",
        (
            "feel good, feelgood, feel-good, heartwarming, heart warming, happy, uplifting, "
            "cheerful, wholesome, sweet, ~khushi, ~santosham, ~santhosham, ~magizhchi, ~khush, "
            "फील गुड, खुशी, फीलगुड, ఫీల్ గుడ్, ఆహ్లాదకర, హాయిగా, ఫీల్‌గుడ్, ஃபீல் குட், "
            "மகிழ்ச்சி, மகிழ்ச்சியான, மனதுக்கு இதமான, ಫೀಲ್ ಗುಡ್, ಸಂತೋಷದ, ഫീൽ ഗുഡ്, സന്തോഷം, "
            "~feel gud"
        ),
    ),
    "funny": MoodEntry(  # hasya
        "Funny",
        "a funny, hilarious, light-hearted comedy full of laughter",
        (
            "funny, hilarious, laugh, laughing, laughter, humorous, humor, humour, comic, "
            "rib tickling, laugh out loud, funniest, make me laugh, ~mazedar, ~mazedaar, "
            "~majedar, ~mazaakiya, ~hasane wali, ~hansi, ~navvinche, ~navvince, ~navvu, "
            "~navvulu, ~sirippu, ~sirikka, ~sirikka vaikkum, ~kamedi, ~nagisuva, ~nagu, "
            "~chirippikkunna, ~chiri, ~chirichu, ~thamasha, ~tamasha, ~kamaal comedy, मजेदार, "
            "मज़ेदार, हँसाने, हंसाने, हंसी, हँसी, హాస్య, హాస్యభరిత, నవ్వించే, నవ్వుల, ఫన్నీ, "
            "சிரிப்பு, சிரிக்க, சிரிக்க வைக்கும், நகைச்சுவையான, வேடிக்கையான, ನಗಿಸುವ, ನಗು, ತಮಾಷೆ, "
            "ತಮಾಷೆಯ, ചിരിപ്പിക്കുന്ന, തമാശ, ചിരി"
        ),
    ),
    "light": MoodEntry(
        "Light-hearted",
        "a light-hearted, breezy, easy-going, entertaining story",
        (
            "light hearted, lighthearted, light, breezy, easy going, easygoing, timepass, "
            "time pass, fun, fun filled, relaxing, chill, cozy, cosy, entertaining, "
            "~halki phulki, ~halki fulki, ~sarada, ~saradaga, ~jolly, ~jaali, हल्की फुल्की, "
            "हल्की, सरदा, సరదా, లైట్, ஜாலி, ஜாலியான, லேசான, ಲಘು, ലളിതമായ"
        ),
    ),
    "scary": MoodEntry(  # bhayanaka
        "Scary",
        "a scary, frightening, terrifying horror story",
        (
            "scary, scariest, frightening, terrifying, creepy, spooky, chilling, spine chilling, "
            "~darawni, ~darawna, ~daravni, ~bhayanak, ~bhayanaka, ~bhayam, ~bhayapette, "
            "~bhayankara, ~bayamana, ~bayam, ~bayangara, ~pedippikkunna, ~pedi, ~hedarisuva, "
            "डरावनी, डरावना, भयानक, खौफनाक, భయపెట్టే, భయానక, భయంకర, பயமான, பயமுறுத்தும், பயங்கர, "
            "ಭಯಾನಕ, ಹೆದರಿಸುವ, ಭಯಂಕರ, പേടിപ്പിക്കുന്ന, ഭയാനക, പേടി"
        ),
    ),
    "romantic": MoodEntry(  # shringara
        "Romantic",
        "a romantic, tender love story",
        (
            "romantic, lovey dovey, romance, date night, ~rumani, ~ishqiya, ~pyar bhari, "
            "रोमांटिक, रूमानी, రొమాంటిక్, ரொமான்டிக், ರೊಮ್ಯಾಂಟಿಕ್, റൊമാന്റിക്, പ്രണയ, ~shringara"
        ),
    ),
    "mind-bending": MoodEntry(  # adbhuta
        "Mind-bending",
        "a mind-bending, twisting, puzzling story with surprises",
        (
            "mind bending, mindbending, mind blowing, mindblowing, twisty, twists, plot twist, "
            "plot twists, twist, mind boggling, brain teaser, confusing, puzzling, surreal, "
            "trippy, ~dimag ghumane, ~dimaag hila dene, ~dimag, दिमाग घुमाने, मलटी ट्विस्ट, "
            "ట్విస్ట్, ట్విస్టుల, மூளையைக் குழப்பும், திருப்பங்கள், ട്വിസ്റ്റ്, ട്വിസ്റ്റുള്ള, "
            "ಟ್ವಿಸ್ಟ್"
        ),
    ),
    "wonder": MoodEntry(
        "Full of wonder",
        "a magical story full of wonder and marvels",
        (
            "magical, wondrous, enchanting, ~adbhut, ~adbhuta, ~adbhutam, अद्भुत, జాదూ, అద్భుత, "
            "అద్భుతమైన, அற்புத, அற்புதமான, ಅದ್ಭುತ, അത്ഭുത"
        ),
    ),
    "dark": MoodEntry(  # bibhatsa
        "Dark",
        "a dark, grim, disturbing, violent story",
        (
            "dark, grim, gritty, disturbing, gory, violent, bloody, brutal, raw, bleak, "
            "~bibhatsa, डार्क, హింసాత్మక, డార్క్, டார்க், ವಿಕೃತ, ഡാർക്ക്"
        ),
    ),
    "tense": MoodEntry(
        "Tense",
        "a tense, gripping, suspenseful, nail-biting story",
        (
            "tense, gripping, nail biting, nailbiting, edge of the seat, edge of seat, "
            "suspenseful, thrilling, intense, fast paced, ~romanchak, रोमांचक, ఉత్కంఠ, "
            "ఉత్కంఠభరిత, ఉత్కంఠభరితమైన, విరువిరుపైన, விறுவிறுப்பான, பரபரப்பான, ರೋಮಾಂಚಕ, ആകാംക്ഷ, "
            "ഉദ്വേഗ"
        ),
    ),
    "inspiring": MoodEntry(  # vira
        "Inspiring",
        "an inspiring, motivating story of courage and triumph against the odds",
        (
            "inspiring, inspirational, motivational, motivating, motivation, courageous, heroic, "
            "~prerna, ~prernadayak, ~prerana, ~sphoorti, ~spoorthi, ~spurthi, ~veera, "
            "प्रेरणादायक, प्रेरक, स्फूर्तिदायक, స్ఫూర్తిదాయక, స్ఫూర్తినిచ్చే, ஊக்கமளிக்கும், "
            "தன்னம்பிக்கை, ಸ್ಫೂರ್ತಿದಾಯಕ, ಪ್ರೇರಣಾದಾಯಕ, പ്രചോദനം, പ്രചോദനാത്മക"
        ),
    ),
    "angry": MoodEntry(  # raudra
        "Furious",
        "a furious story of rage and revenge",
        (
            "angry, furious, rage, revenge, vengeance, ~raudra, ~roudra, ~badla, ~badle, "
            "~prateekara, ~pagai, ~pazhi, बदला, बदले, प्रतिशोध, ప్రతీకార, పగ, பழிவாங்கும், "
            "பழிவாங்கல், ಸೇಡಿನ, ಪ್ರತೀಕಾರ, പ്രതികാര"
        ),
    ),
    "peaceful": MoodEntry(  # shanta
        "Quiet",
        "a calm, quiet, contemplative, gentle, slow story",
        (
            "peaceful, calm, calming, quiet, slow burn, slow paced, meditative, contemplative, "
            "soothing, gentle, poetic, ~shant, ~shanta, ~prashantha, ~amaidhi, शांत, सुकून, "
            "ప్రశాంత, ప్రశాంతమైన, அமைதியான, ಶಾಂತ, ശാന്ത"
        ),
    ),
    "nostalgic": MoodEntry(
        "Nostalgic",
        "a nostalgic, bittersweet story of memories of youth",
        (
            "nostalgic, nostalgia, bittersweet, ~yaadein, ~gnapakalu, జ్ఞాపకాల, ஞாபகங்கள், "
            "நினைவுகள், ನೆನಪುಗಳ, നൊസ്റ്റാൾജിയ"
        ),
    ),
    "thoughtful": MoodEntry(
        "Thought-provoking",
        "a thought-provoking, deep, realistic, meaningful story",
        (
            "thought provoking, thoughtprovoking, thoughtful, deep, meaningful, philosophical, "
            "realistic, intelligent, smart, ~sochne, सोचने पर मजबूर, ఆలోచింపజేసే, సందేశాత్మక, "
            "சிந்திக்க வைக்கும், ಚಿಂತನೆಗೆ, ചിന്തിപ്പിക്കുന്ന"
        ),
    ),
    "epic": MoodEntry(
        "Epic",
        "a grand, spectacular, larger-than-life epic",
        (
            "epic, grand, spectacular, larger than life, mass, massy, goosebumps, ~bhavya, भव्य, "
            "భారీ, மாஸ், மாபெரும், ಮಾಸ್, മാസ്സ്, മാസ്"
        ),
    ),
}
